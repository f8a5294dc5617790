package dev.slipway.executor.core;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Supplier;

/** What this executor counts, all under {@code slipway_executor_}. */
final class Metrics {
    private final MeterRegistry registry;
    private final Counter started;
    private final Counter notStarted;
    private final Counter adopted;
    private final Counter syncFailures;
    private final Counter logBytes;

    Metrics(MeterRegistry registry) {
        this.registry = registry;
        started = registry.counter("slipway.executor.starts", "result", "started");
        notStarted = registry.counter("slipway.executor.starts", "result", "failed");
        adopted = registry.counter("slipway.executor.adoptions");
        syncFailures = registry.counter("slipway.executor.sync.failures");
        logBytes = registry.counter("slipway.executor.log.bytes");
    }

    void gauges(Supplier<Number> live, Supplier<Number> unacknowledged, Supplier<Number> strangers) {
        Gauge.builder("slipway.executor.runs", live)
                .description("runs that have not ended")
                .register(registry);
        Gauge.builder("slipway.executor.unacknowledged", unacknowledged)
                .description("runs whose end the dispatcher has not acknowledged")
                .register(registry);
        Gauge.builder("slipway.executor.strangers", strangers)
                .description("runs of another ledger, which are left alone")
                .register(registry);
    }

    void started(boolean succeeded) {
        (succeeded ? started : notStarted).increment();
    }

    void adopted() {
        adopted.increment();
    }

    void syncFailed() {
        syncFailures.increment();
    }

    void delivered(int bytes) {
        logBytes.increment(bytes);
    }
}
