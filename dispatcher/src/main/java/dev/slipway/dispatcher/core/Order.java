package dev.slipway.dispatcher.core;

import java.util.Optional;

/** Whose turn it is: the queue's own order, less those that must wait for something of their own. */
final class Order {
    private Order() {}

    /** Whether nothing of the execution's own keeps it from being launched. */
    static boolean isReady(State state, Limits limits, Execution execution, long now) {
        return execution.claimed()
                && execution.life() instanceof Life.Queued queued
                && queued.notBefore() <= now
                && blocker(state, execution).isEmpty()
                && !Hold.isOn(state, limits, execution, now);
    }

    /** The earlier execution of the same task that must end first: workspace and name on the wire are the task's. */
    static Optional<Execution> blocker(State state, Execution execution) {
        return state.executionsOf(execution.taskId()).stream()
                .filter(other -> other.isOpen() && other.seq() < execution.seq())
                .findFirst();
    }
}
