package dev.slipway.connector.dispatcher;

import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.TaskSubmission;

/** The dispatcher, as the connector calls it. Every call ends in time. */
public interface Dispatcher {
    /** The dispatcher answered, and it was a refusal. */
    final class Refusal extends Exception {
        private final int status;

        public Refusal(int status, String detail) {
            super(detail);
            this.status = status;
        }

        public int status() {
            return status;
        }

        /** Why, in words for people. */
        public String detail() {
            return String.valueOf(getMessage());
        }
    }

    /** There was no answer: whether the call had its effect is unknown. */
    final class NoAnswer extends Exception {
        public NoAnswer(Throwable cause) {
            super(String.valueOf(cause.getMessage()), cause);
        }
    }

    ConnectorSync.Answer sync(ConnectorSync sync) throws Refusal, NoAnswer;

    TaskSubmission.Taken submit(TaskSubmission submission) throws Refusal, NoAnswer;

    /** Returns how many open executions of the task are being stopped. */
    int cancel(String taskId) throws Refusal, NoAnswer;
}
