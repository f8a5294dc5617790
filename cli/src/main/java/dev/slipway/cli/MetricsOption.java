package dev.slipway.cli;

import dev.slipway.cli.services.ListenAddress;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Where the metrics are served: by the flag, else by OpenTelemetry's variables, else on loopback. */
final class MetricsOption {
    private static final String EXPORTER = "OTEL_METRICS_EXPORTER";
    private static final String TRACES = "OTEL_TRACES_EXPORTER";
    private static final String HOST = "OTEL_EXPORTER_PROMETHEUS_HOST";
    private static final String PORT = "OTEL_EXPORTER_PROMETHEUS_PORT";
    private static final int USUAL_PORT = 9464;

    private MetricsOption() {}

    /**
     * @param flag the port of the command line
     * @param notes told of a variable that is not heeded: telemetry must not keep tasks from running
     */
    static ListenAddress of(Map<String, String> environment, Optional<Integer> flag, Consumer<String> notes) {
        String exporter = environment.getOrDefault(EXPORTER, "");
        if (exporter.equals("otlp") || exporter.equals("console")) {
            notes.accept("%s=%s is not supported by this version yet: metrics are served for Prometheus"
                    .formatted(EXPORTER, exporter));
        }
        String traces = environment.getOrDefault(TRACES, "");
        if (!traces.isEmpty() && !traces.equals("none")) {
            notes.accept("%s=%s is not supported by this version yet: no traces are sent".formatted(TRACES, traces));
        }
        int port = flag.map(given -> UpCommand.checkPort("--metrics-port", given))
                .or(() -> port(environment.getOrDefault(PORT, ""), notes))
                .orElse(USUAL_PORT);
        String host = environment.getOrDefault(HOST, "").strip();
        return host.isEmpty() || host.equals("localhost")
                ? ListenAddress.loopback(port)
                : new ListenAddress(host, port);
    }

    private static Optional<Integer> port(String text, Consumer<String> notes) {
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(UpCommand.checkPort(PORT, Integer.parseInt(text)));
        } catch (NumberFormatException | CliFailure e) {
            notes.accept("%s is no port from 0 to 65535 and is ignored".formatted(PORT));
            return Optional.empty();
        }
    }
}
