package dev.slipway.dispatcher.loop;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready: the state is loaded and the ledger takes commits. Liveness looks at nothing, so that no restart is tried against a full disk. */
@Readiness
@Singleton
final class LoopReadiness implements HealthCheck {
    private final Loop loop;

    LoopReadiness(Loop loop) {
        this.loop = loop;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("ledger").status(loop.isReady()).build();
    }
}
