package dev.slipway.connector.wire;

/** What a frame of the control plane means. */
public sealed interface Incoming {
    record Assigned(Assignment assignment) implements Incoming {}

    /**
     * An assignment that names a task but cannot be carried out.
     *
     * @param why in words for whoever gave the task, without any of the assignment's content
     */
    record Unusable(String taskId, String executionId, String why) implements Incoming {}

    record Cancelled(String taskId) implements Incoming {}

    /** Means nothing, and nothing is wrong with it. */
    record Heartbeat() implements Incoming {}

    /** Of a type this connector does not know. */
    record Unknown(String type) implements Incoming {}

    /** @param why what is wrong with it, without any of its content */
    record Broken(String why) implements Incoming {}
}
