package dev.slipway.dispatcher.core;

import dev.slipway.protocol.Ending;

/**
 * When a start that failed is tried again: only if the right to start was certainly taken away and the reason may pass, and not
 * for ever.
 *
 * @param attempts how many there are at most; 1: none is tried again
 * @param delayMillis before the second attempt; it doubles with each further one
 * @param longestDelayMillis the most it grows to
 */
public record RetryPolicy(int attempts, long delayMillis, long longestDelayMillis) {
    /** Those that failed together shall not come back together: up to this part of the delay is taken off. */
    private static final double JITTER = 0.25;

    boolean mayRetry(Ending ending, int attempt) {
        return ending instanceof Ending.NotStarted never && never.isTransient() && attempt < attempts;
    }

    /**
     * How long to wait after a failed attempt, in milliseconds. The same execution and attempt always wait as long.
     *
     * @param attempt the one that failed, from 1
     */
    long delay(String executionId, int attempt) {
        double grown = (double) delayMillis * Math.pow(2, attempt - 1.0);
        double whole = Math.min(grown, (double) longestDelayMillis);
        int scattered = Integer.reverse((executionId.hashCode() + attempt) * 0x9E3779B9) >>> 8; // 24 bits
        return Math.round(whole * (1 - JITTER * scattered / (1 << 24)));
    }
}
