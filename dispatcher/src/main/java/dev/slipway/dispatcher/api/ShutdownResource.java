package dev.slipway.dispatcher.api;

import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Message;
import dev.slipway.dispatcher.loop.Loop;
import dev.slipway.protocol.Api;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** Ends what runs before the whole is shut down. */
@Path("/api/v1/shutdown")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class ShutdownResource {
    private final Loop loop;

    ShutdownResource(Loop loop) {
        this.loop = loop;
    }

    @POST
    @Operation(
            summary =
                    "Ends every running task as graceful_shutdown, and launches nothing for 30 seconds. What waits keeps its"
                            + " place. Call it again until nothing is active, and then stop the services.")
    public Api.Shutdown shutDown() {
        loop.decide(new Event.ShutDown("user"));
        return loop.ask((state, limits, now) -> new Api.Shutdown(state.activeCount(), (int) state.outbox().stream()
                .filter(message -> message.kind() == Message.Kind.RESULT)
                .count()));
    }
}
