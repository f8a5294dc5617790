package dev.slipway.dispatcher.core;

import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import java.util.OptionalLong;

/** What can happen to the dispatcher. */
public sealed interface Event {
    /**
     * Somebody wants an execution run.
     *
     * @param connector the incarnation of the connector that hands it over; 0: it came another way
     * @param executionId as the requester named it, or the task's id in its stead; at most {@link ExecutionKey#MAX_ID} characters
     */
    record Submit(
            long connector,
            String executionId,
            boolean named,
            String taskId,
            Source source,
            int priority,
            boolean needsImage,
            OptionalLong timeoutMillis)
            implements Event {
        /** One that no connector hands over. */
        public Submit(
                String executionId,
                boolean named,
                String taskId,
                Source source,
                int priority,
                boolean needsImage,
                OptionalLong timeoutMillis) {
            this(0, executionId, named, taskId, source, priority, needsImage, timeoutMillis);
        }

        public Submit {
            // Stored, it could never be launched.
            if (executionId.isEmpty() || executionId.length() > ExecutionKey.MAX_ID) {
                throw new IllegalArgumentException("an execution id has 1 to " + ExecutionKey.MAX_ID + " characters");
            }
        }
    }

    /** Every open execution of the task is to end, by a user's wish. */
    record CancelTask(String taskId, String actor) implements Event {}

    /** This execution is to end, by a user's wish. */
    record CancelExecution(String executionId, String actor) implements Event {}

    /** An executor reports, and asks for work until it is answered. */
    record ExecutorReport(String executor, ExecutorSync sync) implements Event {}

    /** The executor's call has been held for as long as it may be: it is answered in any case. */
    record ExecutorHoldOver(String executor, long incarnation, long seq) implements Event {}

    /** A connector reports, and asks for messages until it is answered. */
    record ConnectorReport(String connector, ConnectorSync sync) implements Event {}

    /** The connector's call has been held for as long as it may be: it is answered in any case. */
    record ConnectorHoldOver(String connector, long incarnation, long seq) implements Event {}

    /** No new work for the executor, or new work again. */
    record Drain(String executor, boolean drained) implements Event {}

    /**
     * Every running execution is to end, and nothing is launched, because the whole is being shut down. It holds for
     * {@value Decider#SHUTDOWN_MILLIS} ms: whoever shuts down asks again until that is done.
     */
    record ShutDown(String actor) implements Event {}

    /** Time has passed; comes about once a second. */
    record Tick() implements Event {}
}
