package dev.slipway.dispatcher.core;

import java.util.List;

/**
 * Keeps what was accepted before this session from being launched while an executor may run it already: the ledger may be an
 * older copy, which does not know that. It ends when every executor has reported, and at the latest one lease after the
 * session's first tick.
 */
final class Hold {
    private Hold() {}

    /** Whether the execution, which is queued or whose launch its executor has not reported, must not be launched yet. */
    static boolean isOn(State state, Limits limits, Execution execution, long now) {
        return state.isRestored(execution)
                && millisLeft(state, limits, now) > 0
                && !state.unheard().isEmpty();
    }

    /** Why it waits. */
    static String words(State state, Limits limits, long now) {
        List<String> unheard = state.unheard();
        return "the dispatcher has just started and waits up to %d s for %s %s, which may run it already"
                .formatted(
                        (millisLeft(state, limits, now) + 999) / 1_000,
                        unheard.size() == 1 ? "executor" : "executors",
                        String.join(" and ", unheard));
    }

    private static long millisLeft(State state, Limits limits, long now) {
        long lease = limits.times().lease();
        return state.tickedAt() == 0 ? lease : state.regrantedAt() + lease - now;
    }
}
