package dev.slipway.dispatcher.core;

import java.util.List;

/** What the one who caused an event is told, once its changes are durable. */
public sealed interface Reply {
    /** Nothing but that it is done; of a report: that it was accepted, and its answer follows. */
    record Done() implements Reply {}

    /** The execution is new and waits for its turn. */
    record Queued(Execution execution) implements Reply {}

    /** The execution was known; {@code open} says whether it has not ended yet. */
    record Known(String executionId, boolean open) implements Reply {}

    /** Nothing was taken in: somebody else's execution has the id. */
    record IdTaken() implements Reply {}

    /** Nothing was taken in: the queue is full. */
    record AtCapacity() implements Reply {}

    /** The open executions that were cancelled or are being stopped now. */
    record Cancelled(List<String> executionIds) implements Reply {}

    /** The report is older than one already seen: nothing was read from it, and there is nothing to do. */
    record Outdated() implements Reply {}

    /** There is no such execution or executor. */
    record Unknown() implements Reply {}
}
