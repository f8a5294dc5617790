package dev.slipway.protocol;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;

/**
 * A connector's report of what it wrote to the control plane, and its request for more to write.
 *
 * @param incarnation of the connector's process: larger for every later one (milliseconds since the epoch at its start)
 * @param seq counted up within the incarnation; a lower one than already seen is refused with 409
 * @param connected whether the control plane's connection is up
 * @param holding messages it has and will go on trying to write: they are not sent to it again. A claim is written only
 *     after a sync that names it here was accepted, so that a claim which no sync named was never written
 * @param claimsWritten messages that are claims and went out on the connection
 * @param confirmed messages of which the control plane's pong proved receipt
 * @param declined claims it will not write, because it saw no answer to the submission and rejected the execution at the
 *     control plane: the execution is forgotten without a result, so that the same id can be submitted again as new
 * @param dialFailures how many dials failed in this incarnation
 * @param remoteCloses how many connections were lost in this incarnation
 */
public record ConnectorSync(
        long incarnation,
        long seq,
        boolean connected,
        List<Long> holding,
        List<Long> claimsWritten,
        List<Long> confirmed,
        List<Long> declined,
        long dialFailures,
        long remoteCloses) {
    public ConnectorSync {
        holding = List.copyOf(holding);
        claimsWritten = List.copyOf(claimsWritten);
        confirmed = List.copyOf(confirmed);
        declined = List.copyOf(declined);
    }

    /**
     * Messages to write, oldest first.
     *
     * @param messages those the connector does not hold yet
     * @param drop held ones that must not be written any more, because a newer execution of their task has superseded them
     */
    public record Answer(List<Message> messages, List<Long> drop) {
        public Answer {
            messages = List.copyOf(messages);
            drop = List.copyOf(drop);
        }
    }

    /**
     * One message for the control plane.
     *
     * @param id its number in the outbox, never reused
     * @param executionId as the connector submitted it
     * @param outcome absent for a claim
     */
    public record Message(long id, String executionId, String taskId, Optional<Outcome> outcome) {
        public Message {
            requireNonNull(executionId, "executionId");
            requireNonNull(taskId, "taskId");
            requireNonNull(outcome, "outcome");
        }
    }
}
