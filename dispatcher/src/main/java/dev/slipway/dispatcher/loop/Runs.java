package dev.slipway.dispatcher.loop;

import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.core.Life;
import dev.slipway.dispatcher.core.State;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/** The attempt and the trace of every execution and whether it is open, for those who need nothing else and must not wait for the loop. Logs transitions with both. */
public final class Runs implements Observer {
    private static final Logger LOG = Logger.getLogger(Runs.class);

    /** Replaced as a whole: output of a known execution must never meet an empty map, for it would be refused for good. */
    private volatile Map<String, Run> runs = new ConcurrentHashMap<>();

    private record Run(int attempt, boolean open, Optional<String> traceId) {}

    /** The execution's latest attempt, 0 before its first launch; empty when there is no such execution. */
    public Optional<Integer> attempt(String execution) {
        return Optional.ofNullable(runs.get(execution)).map(Run::attempt);
    }

    /** Whether the execution is known and has not ended. */
    public boolean isOpen(String execution) {
        @Nullable Run run = runs.get(execution);
        return run != null && run.open();
    }

    public boolean isKnown(String execution) {
        return runs.containsKey(execution);
    }

    @Override
    public void restored(State state, Map<String, String> traceparents) {
        Map<String, Run> fresh = new ConcurrentHashMap<>();
        state.executions()
                .forEach(execution -> fresh.put(
                        execution.id(),
                        new Run(
                                execution.attempt(),
                                execution.isOpen(),
                                Optional.ofNullable(traceparents.get(execution.id()))
                                        .flatMap(TraceParent::traceId))));
        runs = fresh;
    }

    @Override
    public void committed(Batch batch, State state) {
        for (Change change : batch.changes()) {
            switch (change) {
                case Change.Accepted(var execution) -> {
                    var details = batch.details().get(execution.id());
                    runs.put(
                            execution.id(),
                            new Run(
                                    0,
                                    true,
                                    Optional.ofNullable(details)
                                            .flatMap(d -> d.traceparent())
                                            .flatMap(TraceParent::traceId)));
                    log(execution.id(), 0, "Task accepted");
                }
                case Change.Moved moved -> {
                    runs.computeIfPresent(
                            moved.executionId(),
                            (_, run) -> new Run(moved.attempt(), !(moved.to() instanceof Life.Ended), run.traceId()));
                    log(
                            moved.executionId(),
                            moved.attempt(),
                            "Task %s -> %s: %s (by %s)"
                                    .formatted(
                                            moved.from().state().wireName(),
                                            moved.to().state().wireName(),
                                            moved.cause(),
                                            moved.actor()));
                }
                case Change.Stalled stalled ->
                    log(stalled.executionId(), stalled.attempt(), "Task running: " + stalled.cause());
                case Change.Prepared prepared ->
                    log(prepared.executionId(), prepared.attempt(), "Task launching: " + prepared.words());
                case Change.Forgotten(String id) -> runs.remove(id);
                default -> {}
            }
        }
    }

    private void log(String execution, int attempt, String message) {
        @Nullable Run run = runs.get(execution);
        MDC.put("execution", execution);
        MDC.put("attempt", attempt);
        if (run != null && run.traceId().isPresent()) {
            MDC.put("traceId", run.traceId().get());
        }
        try {
            LOG.infof("%s: %s", execution, message);
        } finally {
            MDC.clear();
        }
    }
}
