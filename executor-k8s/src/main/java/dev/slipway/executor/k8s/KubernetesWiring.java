package dev.slipway.executor.k8s;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.executor.core.Identity;
import dev.slipway.protocol.SecretValue;
import dev.slipway.settings.EnvironmentEntry;
import dev.slipway.settings.Kubernetes;
import dev.slipway.settings.Raw;
import dev.slipway.settings.Settings;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Gives executor-core the backend for a cluster, as the operator's settings want it. */
@Singleton
final class KubernetesWiring {
    private static final int CONNECT_MILLIS = 5_000;
    private static final int ANSWER_MILLIS = 15_000;
    private static final int RETRIES = 4;
    private static final int RETRY_MILLIS = 200;

    /** As long as an API server may work on a request that nobody waits for any more. */
    private static final Duration SETTLING = Duration.ofSeconds(60);

    @Produces
    @Singleton
    Cluster cluster(Identity identity, Settings settings, Clock clock, MeterRegistry registry) {
        Site site = site(settings, identity.id(), System.getenv());
        Cluster cluster = new Cluster(site, () -> connect(site.settings(), System.getenv()), clock, System::nanoTime);
        Gauge.builder("slipway.kubernetes.list.age", () -> cluster.age().toMillis() / 1000.0)
                .description("since the cluster's Jobs and Pods were last listed whole")
                .baseUnit("seconds")
                .register(registry);
        return cluster;
    }

    @Produces
    @Singleton
    KubernetesBackend backend(Identity identity, Settings settings, Cluster cluster, Clock clock) {
        return new KubernetesBackend(site(settings, identity.id(), System.getenv()), cluster, clock, SETTLING);
    }

    void close(@Disposes KubernetesBackend backend) {
        backend.close();
    }

    static Site site(Settings settings, String executor, Map<String, String> host) {
        Kubernetes kubernetes = settings.kubernetesOrDefaults();
        Map<String, SecretValue> environment = new LinkedHashMap<>();
        EnvironmentEntry.resolve(kubernetes.environment(), host::get)
                .forEach((name, value) -> environment.put(name, SecretValue.of(value.reveal())));
        return new Site(
                executor,
                settings.workerId().orElse(""),
                settings.cleanup(),
                kubernetes,
                template(kubernetes.podTemplate()),
                environment);
    }

    private static PodSpec template(Optional<Raw> written) {
        try {
            return written.map(raw -> new ObjectMapper().convertValue(raw.value(), PodSpec.class))
                    .orElseGet(PodSpec::new);
        } catch (IllegalArgumentException e) {
            // Its own words quote the template, which may hold secrets.
            throw new IllegalArgumentException(
                    "backend.kubernetes.pod_template is no PodSpec: compare it with kubectl explain pod.spec");
        }
    }

    /** @throws UnfitConfiguration if there is no configuration that can be used */
    static KubernetesClient connect(Kubernetes settings, Map<String, String> host) {
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(ClientConfiguration.find(settings.kubeconfig(), host))
                        .withConnectionTimeout(CONNECT_MILLIS)
                        .withRequestTimeout(ANSWER_MILLIS)
                        .withRequestRetryBackoffLimit(RETRIES)
                        .withRequestRetryBackoffInterval(RETRY_MILLIS)
                        .build())
                .build();
    }
}
