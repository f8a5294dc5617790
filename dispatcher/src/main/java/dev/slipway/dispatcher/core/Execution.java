package dev.slipway.dispatcher.core;

import dev.slipway.protocol.ExecutionKey;
import java.util.OptionalLong;

/**
 * One execution as the core remembers it: ids, keys and times, never a payload.
 *
 * @param id unique for ever
 * @param seq its place in the order of acceptance; never reused, not even by a restored ledger
 * @param named whether its requester named the execution; if not, {@link #taskId} stood in
 * @param needsImage whether only a backend that runs images may run it
 * @param acceptedAt milliseconds since the epoch
 * @param timeoutMillis from the agent's start; empty: none
 * @param claimed whether it may be launched: the control plane has been told, or need not be
 * @param attempt of its latest launch; 0 before the first
 * @param preparation what was recorded of how its launches were prepared, until it has ended
 */
public record Execution(
        String id,
        String taskId,
        long seq,
        Source source,
        boolean named,
        int priority,
        boolean needsImage,
        long acceptedAt,
        OptionalLong timeoutMillis,
        boolean claimed,
        int attempt,
        Life life,
        Preparation preparation) {
    public boolean isOpen() {
        return !(life instanceof Life.Ended);
    }

    /** The key of its latest launch; it must have had one. */
    public ExecutionKey key() {
        return new ExecutionKey(id, attempt);
    }

    /** What its requester calls it: one without a name goes by its task's id. */
    public String requestedId() {
        return named ? id : taskId;
    }

    Execution asClaimed() {
        return with(true, attempt, life, preparation);
    }

    Execution moved(int newAttempt, Life newLife) {
        return with(claimed, newAttempt, newLife, newLife instanceof Life.Ended ? Preparation.NONE : preparation);
    }

    /** The same with what was recorded of its preparation. */
    Execution prepared(Preparation recorded) {
        return with(claimed, attempt, life, recorded);
    }

    /** The same in another state. */
    public Execution with(boolean isClaimed, int newAttempt, Life newLife, Preparation recorded) {
        return new Execution(
                id,
                taskId,
                seq,
                source,
                named,
                priority,
                needsImage,
                acceptedAt,
                timeoutMillis,
                isClaimed,
                newAttempt,
                newLife,
                recorded);
    }
}
