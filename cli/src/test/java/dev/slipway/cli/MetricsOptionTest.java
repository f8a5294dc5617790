package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.cli.services.ListenAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MetricsOptionTest {
    private final List<String> notes = new ArrayList<>();

    @Test
    void servesOnLoopbackUnlessToldOtherwise() {
        assertThat(metrics(Map.of())).isEqualTo(ListenAddress.loopback(9464));
        assertThat(metrics(Map.of("OTEL_METRICS_EXPORTER", "prometheus", "OTEL_EXPORTER_PROMETHEUS_HOST", "localhost")))
                .isEqualTo(ListenAddress.loopback(9464));
        assertThat(notes).isEmpty();
    }

    @Test
    void followsOpenTelemetrysVariables() {
        assertThat(metrics(
                        Map.of("OTEL_EXPORTER_PROMETHEUS_HOST", "0.0.0.0", "OTEL_EXPORTER_PROMETHEUS_PORT", "19464")))
                .isEqualTo(new ListenAddress("0.0.0.0", 19464));
        assertThat(notes).isEmpty();
    }

    @Test
    void theFlagWins() {
        var environment = Map.of("OTEL_EXPORTER_PROMETHEUS_PORT", "19464");

        assertThat(MetricsOption.of(environment, Optional.of(0), notes::add)).isEqualTo(ListenAddress.loopback(0));
        assertThatThrownBy(() -> MetricsOption.of(environment, Optional.of(-1), notes::add))
                .hasMessageContaining("--metrics-port");
    }

    @Test
    void saysWhichVariableIsNotHeeded() {
        assertThat(metrics(Map.of("OTEL_EXPORTER_PROMETHEUS_PORT", "many"))).isEqualTo(ListenAddress.loopback(9464));
        assertThat(metrics(Map.of("OTEL_EXPORTER_PROMETHEUS_PORT", "65536"))).isEqualTo(ListenAddress.loopback(9464));
        assertThat(metrics(Map.of("OTEL_METRICS_EXPORTER", "otlp"))).isEqualTo(ListenAddress.loopback(9464));
        metrics(Map.of("OTEL_TRACES_EXPORTER", "otlp"));
        metrics(Map.of("OTEL_TRACES_EXPORTER", "none", "OTEL_METRICS_EXPORTER", "none"));
        assertThat(notes)
                .satisfiesExactly(
                        note -> assertThat(note).contains("OTEL_EXPORTER_PROMETHEUS_PORT"),
                        note -> assertThat(note).contains("OTEL_EXPORTER_PROMETHEUS_PORT"),
                        note -> assertThat(note).contains("OTEL_METRICS_EXPORTER=otlp", "Prometheus"),
                        note -> assertThat(note).contains("OTEL_TRACES_EXPORTER=otlp"));
    }

    private ListenAddress metrics(Map<String, String> environment) {
        return MetricsOption.of(environment, Optional.empty(), notes::add);
    }
}
