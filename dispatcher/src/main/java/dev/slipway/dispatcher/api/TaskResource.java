package dev.slipway.dispatcher.api;

import dev.slipway.dispatcher.access.Refusal;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Reply;
import dev.slipway.dispatcher.core.Source;
import dev.slipway.dispatcher.ledger.Ledger;
import dev.slipway.dispatcher.ledger.StoredTask;
import dev.slipway.dispatcher.ledger.TaskQuery;
import dev.slipway.dispatcher.loop.Loop;
import dev.slipway.protocol.Api;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.protocol.TaskState;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jboss.resteasy.reactive.RestPath;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Tasks: submit, list, look at, cancel. */
@Path("/api/v1/tasks")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class TaskResource {
    private static final int DEFAULT_PAGE = 50;
    private static final int MAX_PAGE = 500;

    private final Loop loop;
    private final Ledger ledger;
    private final TaskView tasks;
    private final Intake intake;

    TaskResource(Loop loop, Ledger ledger, TaskView tasks, Intake intake) {
        this.loop = loop;
        this.ledger = ledger;
        this.tasks = tasks;
        this.intake = intake;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Runs a command. The task is durable once this answers;"
                    + " with an execution id of the caller's, the call can be repeated.")
    @APIResponse(
            responseCode = "201",
            description = "It waits for its turn",
            content = @Content(schema = @Schema(implementation = Api.Task.class)))
    @APIResponse(
            responseCode = "200",
            description = "It was submitted before, under the same execution id",
            content = @Content(schema = @Schema(implementation = Api.Task.class)))
    public Response submit(Api.@Nullable Submit submit) {
        if (submit == null) {
            throw Refusal.invalid("Send the task as the body: {\"command\": [\"program\", \"argument\"]}.");
        }
        SubmitRules.fault(submit).ifPresent(TaskResource::invalid);
        String executionId =
                submit.executionId().orElseGet(() -> UUID.randomUUID().toString());
        var spec = new TaskSpec(
                UUID.randomUUID().toString(),
                new Program.Command(submit.command()),
                submit.image(),
                submit.env(),
                submit.workdir(),
                traceparent());
        intake.check(executionId, spec).ifPresent(TaskResource::invalid);
        Reply reply = intake.take(event(submit, executionId, spec), submit.title(), submit.labels(), spec);
        return switch (reply) {
            // Durable: from here on nothing may fail any more, or the caller would not know.
            case Reply.Queued(Execution execution) ->
                Response.status(Response.Status.CREATED)
                        .entity(TaskView.queued(execution, submit.title(), submit.labels(), spec.traceparent()))
                        .build();
            case Reply.Known(String known, boolean _) ->
                Response.ok(tasks.show(tasks.find(known))).build();
            case Reply.AtCapacity() ->
                throw new Refusal(
                        429,
                        "The queue is full. Try again when tasks have ended, or raise slipway.queue_limit in the settings.");
            case Reply.IdTaken() ->
                throw Refusal.conflict("A task of the control plane has this execution id. Choose another, or none.");
            default -> throw new IllegalStateException("a submission was answered with " + reply);
        };
    }

    private static void invalid(String fault) {
        throw new Refusal(422, fault);
    }

    private static Event.Submit event(Api.Submit submit, String executionId, TaskSpec spec) {
        return new Event.Submit(
                executionId,
                true,
                spec.taskId(),
                Source.API,
                submit.priority().orElse(0),
                submit.image().isPresent(),
                submit.timeoutSeconds()
                        .map(seconds -> OptionalLong.of(seconds * 1_000))
                        .orElseGet(OptionalLong::empty));
    }

    /** The task joins the trace of the call that submits it. */
    private static Optional<String> traceparent() {
        SpanContext context = Span.current().getSpanContext();
        return context.isValid()
                ? Optional.of("00-%s-%s-%s"
                        .formatted(
                                context.getTraceId(),
                                context.getSpanId(),
                                context.getTraceFlags().asHex()))
                : Optional.empty();
    }

    @GET
    @Operation(summary = "Lists executions, newest first.")
    public Api.TaskPage list(
            @RestQuery Optional<String> state,
            @RestQuery Optional<String> source,
            @RestQuery List<String> label,
            @RestQuery Optional<String> limit,
            @RestQuery Optional<String> cursor) {
        int size = limit.map(text -> (int) Parameters.number("limit", text, 1, MAX_PAGE))
                .orElse(DEFAULT_PAGE);
        var query = new TaskQuery(
                state.map(TaskResource::state),
                source.map(TaskResource::source),
                labels(label),
                cursor.map(text -> OptionalLong.of(Parameters.number("cursor", text, 1, Long.MAX_VALUE)))
                        .orElseGet(OptionalLong::empty),
                size + 1);
        List<StoredTask> found = ledger.list(query);
        List<StoredTask> page = found.subList(0, Math.min(size, found.size()));
        return new Api.TaskPage(
                tasks.show(page),
                found.size() > size
                        ? Optional.of(Long.toString(page.getLast().execution().seq()))
                        : Optional.empty());
    }

    private static TaskState state(String text) {
        try {
            return TaskState.ofWireName(text);
        } catch (IllegalArgumentException e) {
            throw Refusal.invalid("\"state\" is one of "
                    + Arrays.stream(TaskState.values()).map(TaskState::wireName).collect(Collectors.joining(", "))
                    + ".");
        }
    }

    private static Source source(String text) {
        return switch (text) {
            case "api" -> Source.API;
            case "control_plane" -> Source.CONTROL_PLANE;
            default -> throw Refusal.invalid("\"source\" is api or control_plane.");
        };
    }

    private static Map<String, String> labels(List<String> texts) {
        Map<String, String> labels = new HashMap<>();
        for (String text : texts) {
            int at = text.indexOf('=');
            if (at < 1) {
                throw Refusal.invalid("\"label\" has the form name=value.");
            }
            labels.put(text.substring(0, at), text.substring(at + 1));
        }
        return labels;
    }

    @GET
    @Path("{id}")
    @Operation(summary = "Shows an execution, or the newest execution of a task.")
    public Api.Task show(@RestPath String id) {
        return tasks.show(tasks.find(id));
    }

    @POST
    @Path("{id}/cancel")
    @Operation(
            summary =
                    "Cancels an execution. It has ended once its state says so; cancelling an ended one changes nothing.")
    public Api.Task cancel(@RestPath String id) {
        String execution = tasks.find(id).execution().id();
        loop.decide(new Event.CancelExecution(execution, "user"));
        return tasks.show(tasks.find(execution));
    }

    @GET
    @Path("{id}/events")
    @Operation(summary = "Shows the transitions of an execution, oldest first.")
    public List<Api.Event> events(@RestPath String id) {
        return ledger.eventsOf(tasks.find(id).execution().id());
    }
}
