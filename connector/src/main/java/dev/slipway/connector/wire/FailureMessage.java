package dev.slipway.connector.wire;

import dev.slipway.protocol.Outcome;

/** The sentence with which a failure is told to the people who gave the task. */
final class FailureMessage {
    private FailureMessage() {}

    static String of(Outcome.Failed failed) {
        String cause = failed.message().isBlank() ? failed.reason().wireName() : failed.message();
        return switch (failed.reason()) {
            case TASK_TIMEOUT ->
                "The task exceeded its maximum allowed execution time and was terminated. Consider breaking the task"
                        + " into smaller steps or increasing the timeout.";
            case TASK_CANCELLED, GRACEFUL_SHUTDOWN ->
                "The task was interrupted due to an infrastructure issue (" + cause
                        + "). This is typically transient — please try again.";
            default -> "Failed to execute task: " + cause;
        };
    }
}
