package dev.slipway.dispatcher.api;

import dev.slipway.dispatcher.access.Refusal;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Limits;
import dev.slipway.dispatcher.core.Peer;
import dev.slipway.dispatcher.core.Reply;
import dev.slipway.dispatcher.core.State;
import dev.slipway.dispatcher.loop.Loop;
import dev.slipway.protocol.Api;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestPath;

/** Executors: who they are, and whether they get work. */
@Path("/api/v1/executors")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class ExecutorsResource {
    private final Loop loop;

    ExecutorsResource(Loop loop) {
        this.loop = loop;
    }

    @GET
    @Operation(summary = "Lists all executors that have ever been heard of.")
    public List<Api.Executor> list() {
        return loop.ask((state, limits, now) -> state.executors().stream()
                .map(executor -> show(executor, state, limits, now))
                .toList());
    }

    @POST
    @Path("{id}/drain")
    @Operation(summary = "Gives the executor no new work; what it runs goes on.")
    public Api.Executor drain(@RestPath String id) {
        return drain(id, true);
    }

    @POST
    @Path("{id}/undrain")
    @Operation(summary = "Gives the executor work again.")
    public Api.Executor undrain(@RestPath String id) {
        return drain(id, false);
    }

    private Api.Executor drain(String id, boolean drained) {
        if (loop.decide(new Event.Drain(id, drained)) instanceof Reply.Unknown) {
            throw Refusal.notFound("No executor of this id has been heard of. /api/v1/executors lists them.");
        }
        return loop.ask((state, limits, now) -> show(state.executor(id).orElseThrow(), state, limits, now));
    }

    private static Api.Executor show(Peer.Executor executor, State state, Limits limits, long now) {
        return new Api.Executor(
                executor.id(),
                executor.backend(),
                executor.slots(),
                state.activeOn(executor.id()).size(),
                executor.isPresent(now, limits.times().lease()),
                executor.drained(),
                TaskView.time(executor.heardAt()).orElse(""));
    }
}
