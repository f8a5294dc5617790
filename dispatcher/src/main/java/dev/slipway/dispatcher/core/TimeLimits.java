package dev.slipway.dispatcher.core;

import dev.slipway.protocol.ExecutorSync;
import java.util.List;
import java.util.Optional;

/** Which executions have been for too long what they are. A limit that is not configured is never over. */
final class TimeLimits {
    private final State state;
    private final Limits.Times times;

    TimeLimits(State state, Limits.Times times) {
        this.state = state;
        this.times = times;
    }

    /** Those whose agent has run for longer than it may. */
    List<Execution> timedOut(long now) {
        return state.active().stream()
                .filter(execution -> execution.life() instanceof Life.Running running
                        && execution.timeoutMillis().isPresent()
                        && now - running.startedAt()
                                >= execution.timeoutMillis().getAsLong())
                .toList();
    }

    /** Those that have waited for their turn for longer than {@code limit}; a time in which the loop did not run does not count. */
    List<Execution> expired(long limit, long now) {
        return state.queue().stream()
                .filter(execution -> execution.life() instanceof Life.Queued queued
                        && now - Math.max(state.regrantedAt(), Math.max(execution.acceptedAt(), queued.notBefore()))
                                >= limit)
                .toList();
    }

    /** Those whose executor has been away for longer than {@code limit}: until it is back, nobody knows what still runs there. */
    List<Execution> lost(long limit, long now) {
        return state.active().stream()
                .filter(execution -> execution.life() instanceof Life.Active life
                        && now - Math.max(Math.max(heardAt(life), state.regrantedAt()), life.launchedAt()) >= limit)
                .toList();
    }

    private long heardAt(Life.Active life) {
        return state.executor(life.executor()).map(Peer.Executor::heardAt).orElse(0L);
    }

    /** A run that its executor reports as running has gone silent, or prints again. */
    Optional<Change> stall(String executor, ExecutorSync.Run run, long now) {
        if (times.silent().isEmpty()) {
            return Optional.empty();
        }
        long limit = times.silent().getAsLong();
        boolean silent = run.silentMillis() >= limit;
        return state.current(executor, run.key())
                .filter(execution -> execution.life() instanceof Life.Running running && running.stalled() != silent)
                .map(execution -> new Change.Stalled(
                        state.nextSeq(now),
                        execution.id(),
                        execution.attempt(),
                        silent,
                        silent ? "no output for %d s".formatted(limit / 1_000) : "there is output again",
                        now));
    }
}
