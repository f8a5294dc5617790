package dev.slipway.dispatcher.core;

import dev.slipway.protocol.BackendKind;
import java.util.Map;

/**
 * What the operator configured.
 *
 * @param maxConcurrent how many executions may be active at once; 0 means no limit
 * @param queueLimit how many more than can run at once are taken in; 0 means none
 * @param perBackend the same as {@link #maxConcurrent}, for the executors of one backend; absent means no limit
 * @param stopGraceMillis between the polite signal and the firm one
 * @param leaseMillis how long an executor or connector counts as present after it was heard of
 * @param retentionMillis how long ended executions are remembered
 */
public record Limits(
        int maxConcurrent,
        int queueLimit,
        Map<BackendKind, Integer> perBackend,
        long stopGraceMillis,
        long leaseMillis,
        long retentionMillis) {
    /** However few limits are set, no more executions than this wait. */
    public static final int MAX_WAITING = 10_000;

    public Limits {
        perBackend = Map.copyOf(perBackend);
    }
}
