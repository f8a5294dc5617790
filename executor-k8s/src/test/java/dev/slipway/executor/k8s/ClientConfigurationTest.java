package dev.slipway.executor.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.executor.core.PreflightFailure;
import dev.slipway.settings.Settings;
import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the client's configuration is looked for, and what is said of one that is not there or of no use. */
class ClientConfigurationTest {
    private static final Optional<Path> NOT_NAMED = Optional.empty();

    @TempDir
    Path home;

    @Test
    void theSettingsGoBeforeTheEnvironmentAndThatBeforeTheHomeDirectory() throws IOException {
        Files.createDirectory(home.resolve(".kube"));
        Path usual = write(".kube/config", "https://usual:6443/");
        Path listed = write("listed", "https://listed:6443/");
        Path named = write("named", "https://named:6443/");
        Map<String, String> withoutFiles = Map.of("HOME", home.toString());
        Map<String, String> withFiles = Map.of("HOME", home.toString(), "KUBECONFIG", listed + ":" + home + "/absent");

        assertThat(server(ClientConfiguration.find(NOT_NAMED, withoutFiles))).isEqualTo("https://usual:6443/");
        assertThat(server(ClientConfiguration.find(NOT_NAMED, withFiles))).isEqualTo("https://listed:6443/");
        assertThat(server(ClientConfiguration.find(Optional.of(named), withFiles)))
                .isEqualTo("https://named:6443/");
        assertThat(usual).exists();
    }

    private Path write(String name, String server) throws IOException {
        return Files.writeString(home.resolve(name), """
                apiVersion: v1
                kind: Config
                current-context: test
                contexts: [{name: test, context: {cluster: test, user: test}}]
                clusters: [{name: test, cluster: {server: "%s"}}]
                users: [{name: test, user: {token: test}}]
                """.formatted(server));
    }

    private static String server(Config config) {
        return config.getMasterUrl();
    }

    @Test
    void whereNothingIsFoundIsSaidAndWhatToDo() {
        assertThatThrownBy(() -> prepare("{}", Map.of("HOME", home.toString())))
                .isInstanceOf(PreflightFailure.class)
                .hasMessageContaining("no configuration of the cluster's client was found")
                .hasMessageContaining("backend.kubernetes.kubeconfig is not set")
                .hasMessageContaining("no Pod")
                .hasMessageContaining("KUBECONFIG is not set")
                .hasMessageContaining(home.resolve(".kube/config") + " is not there")
                .hasMessageContaining("name a file")
                .hasMessageNotContaining("kubernetes.default");
        String absent = home.resolve("a") + ":" + home.resolve("b");
        assertThatThrownBy(() -> prepare("{}", Map.of("HOME", home.toString(), "KUBECONFIG", absent)))
                .isInstanceOf(PreflightFailure.class)
                .hasMessageContaining("what KUBECONFIG names is not there: " + absent);
        assertThatThrownBy(() -> prepare("{kubeconfig: /no/such/file}", Map.of()))
                .isInstanceOf(PreflightFailure.class)
                .hasMessageContaining("(/no/such/file) cannot be used: it is not there");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "users: [{name: me, user: {token: canary-5d6e}}]\n  clusters: [",
                "apiVersion: v1\nusers:\n- name: me\n  user: {token: canary-5d6e\n",
                "canary-5d6e",
                "users: canary-5d6e",
                "apiVersion: v1\nkind: Config\nusers: [{name: me, user: {token: canary-5d6e}}]\n",
            })
    void aBrokenFileIsNamedAndNotQuoted(String text) throws IOException {
        Path broken = Files.writeString(home.resolve("config"), text);

        assertThatThrownBy(() -> prepare("{kubeconfig: " + broken + "}", Map.of()))
                .isInstanceOf(PreflightFailure.class)
                .hasMessageContaining(broken + ") cannot be used")
                .hasMessageContaining("kubectl config")
                .hasMessageNotContaining("canary");
        assertThatThrownBy(() -> prepare("{}", Map.of("KUBECONFIG", broken.toString())))
                .hasMessageContaining(broken + ") cannot be used")
                .hasMessageNotContaining("canary");
    }

    /** As the service does. */
    private static void prepare(String kubernetes, Map<String, String> host) throws PreflightFailure {
        Site site = KubernetesWiring.site(
                Settings.parse("backend: {kubernetes: " + kubernetes + "}"), "executor-1", Map.of());
        try (Cluster cluster = new Cluster(
                site, () -> KubernetesWiring.connect(site.settings(), host), Clock.systemUTC(), System::nanoTime)) {
            cluster.prepare();
        }
    }
}
