package dev.slipway.dispatcher.core;

/**
 * A message that the control plane has not confirmed.
 *
 * @param id grows, and is never reused, not even by a restored ledger
 */
public record Message(long id, String executionId, String taskId, Kind kind) {
    public enum Kind {
        CLAIM,
        RESULT
    }
}
