package dev.slipway.connector;

import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** Stops the connector while everything it needs still runs. */
@ApplicationScoped
class Lifecycle {
    void onStop(@Observes ShutdownEvent event, Connector connector) throws InterruptedException {
        connector.stop();
    }
}
