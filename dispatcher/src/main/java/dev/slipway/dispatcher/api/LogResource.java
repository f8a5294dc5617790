package dev.slipway.dispatcher.api;

import dev.slipway.dispatcher.logs.LogStore;
import dev.slipway.dispatcher.logs.Stored;
import dev.slipway.dispatcher.loop.Runs;
import dev.slipway.protocol.Api;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestHeader;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;

/** The output of executions: what is there as text, or live. */
@Path("/api/v1/tasks/{id}/logs")
@RunOnVirtualThread
public class LogResource {
    private final TaskView tasks;
    private final LogStore logs;
    private final Runs runs;
    private final Viewers viewers;

    LogResource(TaskView tasks, LogStore logs, Runs runs, Viewers viewers) {
        this.tasks = tasks;
        this.logs = logs;
        this.runs = runs;
        this.viewers = viewers;
    }

    @GET
    @Produces("text/plain;charset=UTF-8")
    @Operation(summary = "The output so far, from an offset on; what is not kept is marked.")
    public StreamingOutput text(@RestPath String id, @RestQuery Optional<String> offset) {
        String execution = tasks.find(id).execution().id();
        long from = offset(offset);
        return viewers.seated(out -> {
            long end = logs.length(execution); // what comes meanwhile is not waited for: it might never end
            long at = from;
            Optional<Stored> next = logs.read(execution, at);
            while (next.isPresent() && at < end) {
                out.write(
                        switch (next.get()) {
                            case Stored.Output output -> output.bytes().unwrap();
                            case Stored.Gap gap ->
                                "\n[slipway: %d bytes left out here]\n"
                                        .formatted(gap.missing())
                                        .getBytes(StandardCharsets.UTF_8);
                        });
                at = next.get().end();
                next = logs.read(execution, at);
            }
        });
    }

    @GET
    @Produces(MediaType.SERVER_SENT_EVENTS + ";qs=0.5") // a caller who takes anything gets the text
    @Operation(summary = "The output from an offset on, live, and at last how the execution ended.")
    public Response live(
            @RestPath String id,
            @RestQuery Optional<String> offset,
            @RestHeader("Last-Event-ID") Optional<String> lastEventId) {
        String execution = tasks.find(id).execution().id();
        long from = offset(lastEventId.or(() -> offset));
        return Response.ok(viewers.follow(events -> follow(execution, from, events)), MediaType.SERVER_SENT_EVENTS)
                .build();
    }

    private static long offset(Optional<String> text) {
        return text.map(number -> Parameters.number("offset", number, 0, Long.MAX_VALUE))
                .orElse(0L);
    }

    private void follow(String execution, long from, LiveEvents events) throws IOException, InterruptedException {
        long at = from;
        try (var news = viewers.output(execution)) {
            events.heartbeat();
            while (viewers.isOpen()) {
                // In this order: what came before the end is sent before it. Should its executor have let the ending go
                // ahead
                // of output that was stuck, the rest is stored later, and is there for whoever reads again.
                boolean ended = !runs.isOpen(execution);
                at = sendStored(execution, at, events);
                if (ended) {
                    events.send("end", at, tasks.show(tasks.find(execution)));
                    return;
                }
                if (!news.await(LiveEvents.HEARTBEAT)) {
                    events.heartbeat();
                }
            }
        }
    }

    /** @return the offset after what was sent */
    private long sendStored(String execution, long from, LiveEvents events) throws IOException {
        long at = from;
        Optional<Stored> next = logs.read(execution, at);
        while (next.isPresent() && viewers.isOpen()) {
            at = next.get().end();
            switch (next.get()) {
                case Stored.Output output ->
                    events.send("output", at, new Api.LogChunk(output.offset(), output.bytes()));
                case Stored.Gap gap -> events.send("gap", at, new Api.LogGap(gap.offset(), gap.missing()));
            }
            next = logs.read(execution, at);
        }
        return at;
    }
}
