package dev.slipway.dispatcher.logs;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready: output can be stored. */
@Readiness
@Singleton
final class LogsReadiness implements HealthCheck {
    private final LogStore logs;

    LogsReadiness(LogStore logs) {
        this.logs = logs;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("logs").status(logs.isReady()).build();
    }
}
