package dev.slipway.connector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.SecretValue;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.source.yaml.YamlConfigSource;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConnectorConfigTest {
    @Test
    void keepsToTheControlPlanesContractUnlessToldOtherwise() throws IOException {
        ConnectorConfig config = config(Map.of());

        assertThat(config.internalToken()).isEmpty();
        assertThat(config.dispatcherUrl()).isEqualTo(URI.create("http://127.0.0.1:8080"));
        assertThat(config.webSocketUrl()).isEqualTo("wss://oz.warp.dev/api/v1/selfhosted/worker/ws");
        assertThat(config.serverRootUrl()).contains("https://app.warp.dev");
        assertThat(config.sessionSharingServerUrl()).isEmpty();
        ConnectorConfig.Link link = config.controlPlane();
        assertThat(link.pingInterval()).isEqualTo(Duration.ofSeconds(30));
        assertThat(link.deadAfter()).isEqualTo(Duration.ofSeconds(60));
        assertThat(link.writeTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(link.handshakeTimeout()).isEqualTo(Duration.ofSeconds(45));
        assertThat(link.dispatcherAway()).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void readsTheVariablesThatTheLauncherAndTheSystemSet() throws IOException {
        ConnectorConfig config = config(Map.ofEntries(
                Map.entry("SLIPWAY_INTERNAL_TOKEN", "token"),
                Map.entry("SLIPWAY_DISPATCHER_URL", "http://127.0.0.1:1"),
                Map.entry("SLIPWAY_SETTINGS_FILE", "/settings.yaml"),
                Map.entry("SLIPWAY_WORKER_ID", "worker"),
                Map.entry("SLIPWAY_CONNECTOR_ID", "connector"),
                Map.entry("SLIPWAY_WEB_SOCKET_URL", "ws://oz.test"),
                Map.entry("SLIPWAY_SERVER_ROOT_URL", ""),
                Map.entry("SLIPWAY_SESSION_SHARING_SERVER_URL", "https://share.test"),
                Map.entry("SLIPWAY_CONTROL_PLANE_PING_INTERVAL", "1s")));

        assertThat(config.internalToken()).contains(SecretValue.of("token"));
        assertThat(config.dispatcherUrl()).isEqualTo(URI.create("http://127.0.0.1:1"));
        assertThat(config.settingsFile()).contains(Path.of("/settings.yaml"));
        assertThat(config.workerId()).contains("worker");
        assertThat(config.connectorId()).contains("connector");
        assertThat(config.webSocketUrl()).isEqualTo("ws://oz.test");
        assertThat(config.serverRootUrl()).isEmpty();
        assertThat(config.sessionSharingServerUrl()).contains("https://share.test");
        assertThat(config.controlPlane().pingInterval()).isEqualTo(Duration.ofSeconds(1));
    }

    private static ConnectorConfig config(Map<String, String> environment) throws IOException {
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withConverter(Duration.class, 200, new DurationConverter())
                .withSources(new EnvConfigSource(environment, 300))
                .withMapping(ConnectorConfig.class)
                .withValidateUnknown(false);
        // The tests have a file of this name, too.
        for (URL yaml : Collections.list(ConnectorConfig.class.getClassLoader().getResources("application.yaml"))) {
            builder.withSources(new YamlConfigSource(yaml, 250));
        }
        return builder.build().getConfigMapping(ConnectorConfig.class);
    }
}
