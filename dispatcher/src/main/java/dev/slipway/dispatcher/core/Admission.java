package dev.slipway.dispatcher.core;

import dev.slipway.protocol.BackendKind;

/** Whether there is room: for one more in the queue, for one more that runs. */
final class Admission {
    private Admission() {}

    /** Whether one more execution may wait: at most {@code queueLimit} beyond those that could be launched at once. */
    static boolean mayQueue(State state, Limits limits) {
        int waiting = state.queue().size();
        if (waiting >= Limits.MAX_WAITING) {
            return false;
        }
        if (limits.maxConcurrent() <= 0) {
            return true;
        }
        return waiting + state.activeCount() < (long) limits.maxConcurrent() + limits.queueLimit();
    }

    /** Whether one more execution may hold a slot at all. */
    static boolean mayLaunch(State state, Limits limits) {
        return !state.isShutDown() && (limits.maxConcurrent() <= 0 || state.activeCount() < limits.maxConcurrent());
    }

    /** Whether one more execution may hold a slot of that backend. */
    static boolean mayLaunchOn(BackendKind backend, State state, Limits limits) {
        int limit = limits.perBackend().getOrDefault(backend, 0);
        if (limit <= 0) {
            return true;
        }
        int active = state.executors().stream()
                .filter(executor -> executor.backend() == backend)
                .mapToInt(executor -> state.activeOn(executor.id()).size())
                .sum();
        return active < limit;
    }
}
