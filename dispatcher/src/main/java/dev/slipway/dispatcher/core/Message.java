package dev.slipway.dispatcher.core;

/**
 * A message that the control plane has not confirmed.
 *
 * @param id grows, and is never reused, not even by a restored ledger
 * @param claimant of a claim, the incarnation of the connector that submitted the execution, while nobody else may write it:
 *     that connector may have rejected the execution instead, without an answer. 0: any connector may
 */
public record Message(long id, String executionId, String taskId, Kind kind, long claimant) {
    public enum Kind {
        CLAIM,
        RESULT
    }

    /** The connector means to write it, and said so. */
    Message held() {
        return new Message(id, executionId, taskId, kind, 0);
    }
}
