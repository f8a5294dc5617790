package dev.slipway.connector.link;

import java.time.Duration;

/** How long to wait before the next dial: nothing after a connection that worked, else 1, 2, 4 … 60 s, give or take a fifth. */
final class Redial {
    static final Duration CAP = Duration.ofSeconds(60);
    private static final int DOUBLINGS = 6;

    private int failures;

    /** @param random from 0 (inclusive) to 1 (exclusive) */
    Duration afterFailure(double random) {
        long base = Math.min(CAP.toMillis(), 1_000L << Math.min(failures, DOUBLINGS));
        failures++;
        return Duration.ofMillis(Math.min(CAP.toMillis(), Math.round(base * (0.8 + 0.4 * random))));
    }

    void succeeded() {
        failures = 0;
    }
}
