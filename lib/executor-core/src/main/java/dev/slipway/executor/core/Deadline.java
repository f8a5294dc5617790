package dev.slipway.executor.core;

import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** A point in time up to which somebody waits, on the clock that nobody sets. */
public final class Deadline {
    private final long start = System.nanoTime();
    private final long nanos;

    private Deadline(long nanos) {
        this.nanos = nanos;
    }

    public static Deadline in(Duration duration) {
        return new Deadline(duration.toNanos());
    }

    public boolean isOver() {
        return left().isZero();
    }

    /** Zero once it is over. */
    public Duration left() {
        return Duration.ofNanos(Math.max(0, nanos - elapsed().toNanos()));
    }

    /** Since this deadline was set. */
    public Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /**
     * Waits for {@code duration}, but not beyond the deadline.
     *
     * @throws InterruptedIOException if the thread is interrupted
     */
    public void pause(Duration duration) throws InterruptedIOException {
        Deadline until = in(duration.compareTo(left()) < 0 ? duration : left());
        while (!until.isOver()) {
            if (Thread.interrupted()) {
                throw new InterruptedIOException("interrupted while waiting");
            }
            LockSupport.parkNanos(until.left().toNanos());
        }
    }
}
