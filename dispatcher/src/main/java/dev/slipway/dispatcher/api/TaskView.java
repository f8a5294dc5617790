package dev.slipway.dispatcher.api;

import dev.slipway.dispatcher.access.Refusal;
import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Life;
import dev.slipway.dispatcher.core.WaitingReason;
import dev.slipway.dispatcher.ledger.Ledger;
import dev.slipway.dispatcher.ledger.StoredTask;
import dev.slipway.dispatcher.loop.Loop;
import dev.slipway.dispatcher.loop.TraceParent;
import dev.slipway.protocol.Api;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Executions as the API shows them: the ledger's rows, and from the loop why those that wait do. */
@Singleton
public final class TaskView {
    private final Ledger ledger;
    private final Loop loop;

    TaskView(Ledger ledger, Loop loop) {
        this.ledger = ledger;
        this.loop = loop;
    }

    /**
     * @param reference an execution's id, or a task's for its newest execution
     * @throws Refusal 404 if there is none
     */
    StoredTask find(String reference) {
        return ledger.find(reference)
                .orElseThrow(
                        () -> Refusal.notFound(
                                "There is no task or execution of this id. It never was, or it ended so long ago that it is forgotten."));
    }

    Api.Task show(StoredTask task) {
        return show(List.of(task)).getFirst();
    }

    /** A task that was just taken in; what it waits for is not looked up. */
    static Api.Task queued(
            Execution execution, Optional<String> title, Map<String, String> labels, Optional<String> traceparent) {
        return show(
                new StoredTask(
                        execution, Optional.empty(), Optional.empty(), Optional.empty(), title, traceparent, labels),
                Optional.empty());
    }

    List<Api.Task> show(List<StoredTask> tasks) {
        List<String> open = tasks.stream()
                .map(StoredTask::execution)
                .filter(Execution::isOpen)
                .map(Execution::id)
                .toList();
        Map<String, String> waiting = open.isEmpty() ? Map.of() : waiting(open);
        return tasks.stream()
                .map(task -> show(
                        task, Optional.ofNullable(waiting.get(task.execution().id()))))
                .toList();
    }

    private Map<String, String> waiting(List<String> executions) {
        return loop.ask((state, limits, now) -> {
            Map<String, String> waiting = new HashMap<>();
            for (String id : executions) {
                state.execution(id)
                        .flatMap(execution -> WaitingReason.of(state, limits, execution, now))
                        .ifPresent(reason -> waiting.put(id, reason));
            }
            return waiting;
        });
    }

    private static Api.Task show(StoredTask task, Optional<String> waiting) {
        Execution execution = task.execution();
        Life life = execution.life();
        Optional<Life.Ended> ended = life instanceof Life.Ended e ? Optional.of(e) : Optional.empty();
        long startedAt = switch (life) {
            case Life.Queued _ -> 0;
            case Life.Active active -> active.startedAt();
            case Life.Ended e -> e.startedAt();
        };
        return new Api.Task(
                execution.id(),
                execution.taskId(),
                task.title(),
                life.state(),
                execution.source().name().toLowerCase(Locale.ROOT),
                execution.priority(),
                execution.attempt(),
                task.executor(),
                task.labels(),
                waiting,
                life instanceof Life.Running running && running.stalled(),
                task.stopCause(),
                ended.flatMap(Life.Ended::reason),
                ended.map(Life.Ended::exitCode).orElse(OptionalInt.empty()),
                task.message(),
                time(execution.acceptedAt()).orElseThrow(),
                time(startedAt),
                ended.flatMap(e -> time(e.endedAt())),
                task.traceparent().flatMap(TraceParent::traceId));
    }

    static Optional<String> time(long millis) {
        return millis == 0
                ? Optional.empty()
                : Optional.of(Instant.ofEpochMilli(millis).toString());
    }
}
