package dev.slipway.executor.core;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready: the preflight has passed and the dispatcher takes this executor's reports. Liveness depends on neither. */
@Readiness
@Singleton
final class ExecutorReadiness implements HealthCheck {
    private final Executor executor;

    ExecutorReadiness(Executor executor) {
        this.executor = executor;
    }

    @Override
    public HealthCheckResponse call() {
        String trouble = executor.trouble();
        HealthCheckResponseBuilder answer = HealthCheckResponse.named("executor")
                .status(trouble.isEmpty())
                .withData("id", executor.identity().id())
                .withData("runs", executor.live())
                .withData("preflight", executor.preflight());
        if (!executor.engine().isEmpty()) {
            answer.withData("engine", executor.engine());
        }
        if (!trouble.isEmpty()) {
            answer.withData("trouble", trouble);
        }
        if (!executor.remarks().isEmpty()) {
            answer.withData("remarks", String.join("; ", executor.remarks()));
        }
        return answer.build();
    }
}
