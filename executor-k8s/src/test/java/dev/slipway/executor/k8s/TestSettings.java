package dev.slipway.executor.k8s;

import dev.slipway.settings.Kubernetes;
import dev.slipway.settings.Settings;

/** Settings as an operator writes them. */
final class TestSettings {
    private TestSettings() {}

    static Kubernetes of(String yaml) {
        return Settings.parse(yaml).kubernetesOrDefaults();
    }

    static Kubernetes in(String namespace) {
        return of("backend: {kubernetes: {namespace: " + namespace + "}}");
    }
}
