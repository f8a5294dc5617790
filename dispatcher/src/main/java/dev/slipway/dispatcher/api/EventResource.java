package dev.slipway.dispatcher.api;

import dev.slipway.dispatcher.ledger.Ledger;
import dev.slipway.protocol.Api;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestHeader;
import org.jboss.resteasy.reactive.RestQuery;

/** The transitions of all executions, live. */
@Path("/api/v1/events")
@RunOnVirtualThread
public class EventResource {
    private static final int PIECE = 200;

    private final Ledger ledger;
    private final Viewers viewers;

    EventResource(Ledger ledger, Viewers viewers) {
        this.ledger = ledger;
        this.viewers = viewers;
    }

    @GET
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @Operation(summary = "Transitions with a higher number than \"from\" (without it: those to come), live.")
    public StreamingOutput live(
            @RestQuery Optional<String> from, @RestHeader("Last-Event-ID") Optional<String> lastEventId) {
        long after = lastEventId
                .or(() -> from)
                .map(number -> Parameters.number("from", number, 0, Long.MAX_VALUE))
                .orElseGet(ledger::lastEvent);
        return viewers.follow(events -> follow(after, events));
    }

    private void follow(long from, LiveEvents events) throws IOException, InterruptedException {
        long after = from;
        try (var news = viewers.transitions()) {
            events.heartbeat();
            while (viewers.isOpen()) {
                List<Api.Event> piece = ledger.eventsAfter(after, PIECE);
                for (Api.Event event : piece) {
                    after = event.seq();
                    events.send("event", after, event);
                }
                if (piece.isEmpty() && !news.await(LiveEvents.HEARTBEAT)) {
                    events.heartbeat();
                }
            }
        }
    }
}
