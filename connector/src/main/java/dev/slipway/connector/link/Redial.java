package dev.slipway.connector.link;

import java.time.Duration;

/**
 * How long to wait before the next dial: nothing after a connection that worked, else 1, 2, 4 … 60 s, give or take a fifth.
 * What comes at once on every connection and cannot be taken in must not make the dials follow each other without a pause:
 * after that, only a connection that lasted begins anew.
 */
final class Redial {
    private static final Duration LASTING = Duration.ofSeconds(60);
    static final Duration CAP = Duration.ofSeconds(60);
    private static final int DOUBLINGS = 6;

    private int failures;
    private boolean isWary;
    private boolean isSilent;

    /** @param random from 0 (inclusive) to 1 (exclusive) */
    Duration afterFailure(double random) {
        long base = Math.min(CAP.toMillis(), 1_000L << Math.min(failures, DOUBLINGS));
        failures++;
        return Duration.ofMillis(Math.min(CAP.toMillis(), Math.round(base * (0.8 + 0.4 * random))));
    }

    /**
     * After a connection that ended before anything came of it: one may be lost so early, but not one after the other.
     *
     * @param random as in {@link #afterFailure}
     */
    Duration afterSilence(double random) {
        if (isSilent || isWary) {
            return afterFailure(random);
        }
        isSilent = true;
        failures = 0;
        return Duration.ZERO;
    }

    /** @param random as in {@link #afterFailure} */
    Duration afterOverload(Duration up, double random) {
        succeeded(up);
        isWary = true;
        return afterFailure(random);
    }

    /** @param up how long the connection lasted */
    void succeeded(Duration up) {
        isSilent = false;
        if (!isWary || up.compareTo(LASTING) >= 0) {
            failures = 0;
            isWary = false;
        }
    }
}
