package dev.slipway.connector;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready means that an assignment would be taken now. */
@Readiness
@ApplicationScoped
class ConnectedCheck implements HealthCheck {
    private final Connector connector;

    ConnectedCheck(Connector connector) {
        this.connector = connector;
    }

    @Override
    public HealthCheckResponse call() {
        boolean dispatcher = connector.isDispatcherAnswering();
        boolean controlPlane = connector.isConnected();
        return HealthCheckResponse.named("connector")
                .status(dispatcher && controlPlane)
                .withData("dispatcher", dispatcher ? "answers" : "does not answer")
                .withData("control-plane", controlPlane ? "connected" : "not connected")
                .build();
    }
}
