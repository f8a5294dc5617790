package dev.slipway.connector;

import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;

/** The time of day at the start, and from then on only forward: setting the clock neither ends nor prolongs a wait. */
final class SteadyTime implements InstantSource {
    private final Instant start;
    private final long startNanos;

    SteadyTime(Clock clock) {
        this.start = clock.instant();
        this.startNanos = System.nanoTime();
    }

    @Override
    public Instant instant() {
        return start.plusNanos(System.nanoTime() - startNanos);
    }
}
