package dev.slipway.connector.outbox;

import dev.slipway.protocol.Outcome;

/** One thing to tell the control plane about a task. */
public sealed interface Notice {
    String taskId();

    /** The task was taken over here, durably. */
    record Claimed(String taskId) implements Notice {}

    /** The task will not be taken over here; the control plane keeps it queued. */
    record Rejected(String taskId, String reason) implements Notice {}

    /** The task ended. */
    record Ended(String taskId, Outcome outcome) implements Notice {}
}
