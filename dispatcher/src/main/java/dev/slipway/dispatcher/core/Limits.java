package dev.slipway.dispatcher.core;

import dev.slipway.protocol.BackendKind;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What the operator configured.
 *
 * @param maxConcurrent how many executions may be active at once; 0 means no limit
 * @param queueLimit how many more than can run at once are taken in; 0 means none
 * @param perBackend the same as {@link #maxConcurrent}, for the executors of one backend; absent means no limit
 */
public record Limits(
        int maxConcurrent, int queueLimit, Map<BackendKind, Integer> perBackend, Times times, RetryPolicy retry) {
    /** However few limits are set, no more executions than this wait. */
    public static final int MAX_WAITING = 10_000;

    public Limits {
        perBackend = Map.copyOf(perBackend);
    }

    /**
     * In milliseconds; empty: for ever.
     *
     * @param stopGrace between the polite signal and the firm one
     * @param lease how long an executor or connector counts as present after it was heard of
     * @param retention how long ended executions are remembered
     * @param task how long the agent of an execution that brings no timeout of its own may run
     * @param queued how long an execution may wait for its turn
     * @param silent how long a running execution may print nothing until it is shown as stalled
     * @param lost how long an executor may be away until its executions are given up
     */
    public record Times(
            long stopGrace,
            long lease,
            long retention,
            OptionalLong task,
            OptionalLong queued,
            OptionalLong silent,
            OptionalLong lost) {}
}
