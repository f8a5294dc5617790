package dev.slipway.dispatcher.core;

import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.Outcome;
import java.util.List;
import java.util.Optional;

/** One step of the state. The durable ones become rows; all of them become memory, in the same order. */
public sealed interface Change {
    /** A change that survives a restart. */
    sealed interface Durable extends Change {}

    /** A change of what is known of other services; after a restart it is asked anew. */
    sealed interface Transient extends Change {}

    /** A new execution, queued. */
    record Accepted(Execution execution) implements Durable {}

    /** The claim was written: the execution may be launched. */
    record Claimed(String executionId) implements Durable {}

    /**
     * A transition.
     *
     * @param seq its number among all transitions, never reused
     * @param attempt the execution's attempt from now on
     * @param cause for people, for example {@code launched} or {@code cancelled by user}
     * @param actor who or what caused it, for example {@code executor:host-1}
     * @param at milliseconds since the epoch
     * @param outcome present exactly when {@code to} is the end
     */
    record Moved(
            long seq,
            String executionId,
            int attempt,
            Life from,
            Life to,
            String cause,
            String actor,
            long at,
            Optional<Outcome> outcome)
            implements Durable {}

    /**
     * A running execution has gone silent, or prints again.
     *
     * @param seq as for {@link Moved}
     * @param cause for people
     */
    record Stalled(long seq, String executionId, int attempt, boolean stalled, String cause, long at)
            implements Durable {}

    /**
     * An executor is getting an execution ready that it is to launch.
     *
     * @param seq as for {@link Moved}
     * @param words what it is doing, as {@link dev.slipway.protocol.Preparing} says
     * @param actor as for {@link Moved}
     */
    record Prepared(long seq, String executionId, int attempt, String words, String actor, long at)
            implements Durable {}

    /** A message for the control plane waits until it is confirmed. */
    record MessageAdded(Message message) implements Durable {}

    /** The connector that submitted the execution means to write its claim: from now on any connector may. */
    record ClaimHeld(long id) implements Durable {}

    /** The message was confirmed or superseded. */
    record MessageRemoved(long id) implements Durable {}

    /** An executor's process came up; reports of older ones are refused from now on, also after a restart. */
    record ExecutorJoined(String executor, long incarnation, BackendKind backend) implements Durable {}

    record ExecutorDrained(String executor, boolean drained) implements Durable {}

    /** The execution's retention is over, or it was never to be: its rows go. */
    record Forgotten(String executionId) implements Durable {}

    /** An execution is forgotten, because the connector that submitted it is gone and may have rejected it. */
    record GivenBack(String executionId, String taskId) implements Transient {}

    /** An executor's report was accepted, and it waits for the answer. */
    record ExecutorReported(String executor, ExecutorSync sync, List<ExecutionKey> ack, long at) implements Transient {}

    /** An executor is there, though nothing was read from its report. */
    record ExecutorHeard(String executor, long at) implements Transient {}

    /** The executor has its answer and waits no more. */
    record ExecutorAnswered(String executor) implements Transient {}

    /** A connector's report was accepted, and it waits for the answer. */
    record ConnectorReported(String connector, ConnectorSync sync, long at) implements Transient {}

    /** The connector has its answer and waits no more. */
    record ConnectorAnswered(String connector) implements Transient {}

    /** Nothing is launched before {@code until}, unless that is asked for again; 0 ends it. */
    record ShutDown(long until) implements Transient {}

    /** The clock of the leases; {@code regrant} after a time in which the loop did not run. */
    record Ticked(long at, boolean regrant) implements Transient {}
}
