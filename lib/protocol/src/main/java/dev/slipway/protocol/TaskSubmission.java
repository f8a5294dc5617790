package dev.slipway.protocol;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * The connector's request to take over an execution. Idempotent by {@link #executionId} alone.
 *
 * @param incarnation of the connector's process, as in {@link ConnectorSync}: until that process has reported the claim as
 *     held, only it may write it, because only it knows whether it has rejected the execution meanwhile. 0: any may
 * @param executionId never reused, except that the task's id stands in where the control plane sent none
 * @param namedExecution whether the control plane named the execution; if not, the id is a duplicate only while the
 *     earlier execution is unfinished or its result unconfirmed
 * @param title for people
 */
public record TaskSubmission(
        long incarnation, String executionId, boolean namedExecution, Optional<String> title, TaskSpec spec) {
    public TaskSubmission {
        requireNonNull(executionId, "executionId");
        requireNonNull(title, "title");
        requireNonNull(spec, "spec");
    }

    /** What became of it. Refusals (full, disk, malformed) are problem documents with their HTTP status. */
    public enum Taken {
        /** It is durable and waits for its turn; the claim comes with the next sync. */
        QUEUED,
        /** It was known and has not ended; the claim comes again with the next sync. */
        OPEN,
        /** It was known and has ended; the result comes again with the next sync. */
        ENDED
    }

    public record Answer(Taken taken) {
        public Answer {
            requireNonNull(taken, "taken");
        }
    }
}
