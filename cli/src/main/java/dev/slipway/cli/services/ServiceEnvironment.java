package dev.slipway.cli.services;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The environment of a service: the caller's without its secrets, and what this service may know. */
final class ServiceEnvironment {
    private static final String API_KEY = "WARP_API_KEY";

    /** The services name exporters of their own; with one that they do not have they would not start. */
    private static final Set<String> EXPORTERS =
            Set.of("OTEL_METRICS_EXPORTER", "OTEL_TRACES_EXPORTER", "OTEL_LOGS_EXPORTER");

    private ServiceEnvironment() {}

    /** @param exposesApiKey whether commands that the direct executor runs for the operator see the API key */
    static Map<String, String> of(
            ServiceName service, LaunchRecord launch, StateDir dir, boolean exposesApiKey, Map<String, String> caller) {
        var env = new HashMap<>(caller);
        env.keySet().removeIf(name -> name.equals(API_KEY) || HiddenArguments.isOne(name) || EXPORTERS.contains(name));
        env.putAll(launch.logLevel().environment());
        env.put("SLIPWAY_STATE_DIR", dir.path().toString());
        env.put("SLIPWAY_SETTINGS_FILE", dir.settingsFile().toString());
        env.put("SLIPWAY_INTERNAL_TOKEN", launch.internalToken().reveal());
        env.put("QUARKUS_HTTP_PORT", String.valueOf(launch.port(service)));
        if (service == ServiceName.DISPATCHER) {
            env.put("SLIPWAY_API_TOKEN", launch.apiToken().reveal());
            env.put("QUARKUS_MANAGEMENT_HOST", launch.metrics().host());
            env.put("QUARKUS_MANAGEMENT_PORT", String.valueOf(launch.metrics().port()));
        } else {
            env.put("SLIPWAY_DISPATCHER_URL", launch.url(ServiceName.DISPATCHER));
        }
        if (service == ServiceName.CONNECTOR) {
            launch.controlPlane().ifPresent(controlPlane -> {
                env.put(API_KEY, controlPlane.apiKey().reveal());
                controlPlane.webSocketUrl().ifPresent(url -> env.put("SLIPWAY_WEB_SOCKET_URL", url));
                controlPlane.serverRootUrl().ifPresent(url -> env.put("SLIPWAY_SERVER_ROOT_URL", url));
                controlPlane
                        .sessionSharingServerUrl()
                        .ifPresent(url -> env.put("SLIPWAY_SESSION_SHARING_SERVER_URL", url));
            });
        }
        if (service == ServiceName.EXECUTOR_DIRECT && exposesApiKey) {
            launch.controlPlane()
                    .ifPresent(controlPlane ->
                            env.put(API_KEY, controlPlane.apiKey().reveal()));
        }
        return env;
    }
}
