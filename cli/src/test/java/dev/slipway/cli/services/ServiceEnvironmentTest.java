package dev.slipway.cli.services;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ServiceEnvironmentTest {
    private static final Map<String, String> CALLER = Map.of(
            "PATH",
            "/bin",
            "WARP_API_KEY",
            "callers-key",
            "SLIPWAY_ARG_1",
            "hidden",
            "OTEL_METRICS_EXPORTER",
            "prometheus",
            "OTEL_TRACES_EXPORTER",
            "otlp");

    @Test
    void onlyTheConnectorSeesTheApiKey() {
        assertThat(environment(ServiceName.CONNECTOR)).containsEntry("WARP_API_KEY", "key");
        assertThat(environment(ServiceName.DISPATCHER)).doesNotContainKey("WARP_API_KEY");
        assertThat(environment(ServiceName.EXECUTOR_DIRECT)).doesNotContainKey("WARP_API_KEY");
    }

    @Test
    void besidesTheConnectorOnlyTheDirectExecutorSeesTheApiKeyWhereItIsExposed() {
        for (var service : ServiceName.values()) {
            var env = ServiceEnvironment.of(
                    service, LaunchPlanTest.remembered(), new StateDir(Path.of("/state")), true, CALLER);

            assertThat(env.containsKey("WARP_API_KEY"))
                    .isEqualTo(service == ServiceName.CONNECTOR || service == ServiceName.EXECUTOR_DIRECT);
        }
    }

    @Test
    void onlyTheDispatcherSeesTheApiToken() {
        assertThat(environment(ServiceName.DISPATCHER)).containsEntry("SLIPWAY_API_TOKEN", "api-token");
        assertThat(environment(ServiceName.CONNECTOR)).doesNotContainValue("api-token");
        assertThat(environment(ServiceName.EXECUTOR_DIRECT)).doesNotContainValue("api-token");
    }

    @Test
    void hiddenArgumentsReachNobody() {
        for (var service : ServiceName.values()) {
            assertThat(environment(service)).doesNotContainKey("SLIPWAY_ARG_1").containsEntry("PATH", "/bin");
        }
    }

    @Test
    void anExporterThatNoServiceHasKeepsNoneFromStarting() {
        for (var service : ServiceName.values()) {
            assertThat(environment(service)).doesNotContainKeys("OTEL_METRICS_EXPORTER", "OTEL_TRACES_EXPORTER");
        }
    }

    @Test
    void everyServiceFindsItsPlace() {
        assertThat(environment(ServiceName.DISPATCHER))
                .containsEntry("SLIPWAY_STATE_DIR", "/state")
                .containsEntry("SLIPWAY_SETTINGS_FILE", "/state/settings.yaml")
                .containsEntry("SLIPWAY_INTERNAL_TOKEN", "internal-token")
                .containsEntry("QUARKUS_HTTP_PORT", "1")
                .containsEntry("QUARKUS_MANAGEMENT_PORT", "4");
        assertThat(environment(ServiceName.EXECUTOR_DIRECT))
                .containsEntry("SLIPWAY_DISPATCHER_URL", "http://127.0.0.1:1")
                .containsEntry("QUARKUS_HTTP_PORT", "2");
        assertThat(environment(ServiceName.CONNECTOR))
                .containsEntry("SLIPWAY_WEB_SOCKET_URL", "ws://one")
                .doesNotContainKey("SLIPWAY_SERVER_ROOT_URL");
    }

    @Test
    void debugIsForOwnClassesOnly() {
        assertThat(LogLevel.DEBUG.environment())
                .containsOnly(Map.entry("QUARKUS_LOG_CATEGORY__DEV_SLIPWAY__LEVEL", "DEBUG"));
        assertThat(LogLevel.WARN.environment()).containsOnly(Map.entry("QUARKUS_LOG_LEVEL", "WARN"));
    }

    @Test
    void noRecordShowsItsSecrets() {
        assertThat(LaunchPlanTest.remembered().toString()).doesNotContain("api-token", "internal-token", "=key");
    }

    private static Map<String, String> environment(ServiceName service) {
        return ServiceEnvironment.of(
                service, LaunchPlanTest.remembered(), new StateDir(Path.of("/state")), false, CALLER);
    }
}
