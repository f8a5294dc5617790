package dev.slipway.executor.k8s;

import dev.slipway.executor.core.Deadline;
import java.io.IOException;
import java.time.Duration;

/** Lets requests through at a rate that leaves the API server to others as well. */
final class Throttle {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final long interval;
    private final long burst;
    private final Deadline clock = Deadline.in(Duration.ZERO);
    private long next;

    /**
     * @param perSecond requests on average
     * @param burst how many may come at once after a rest
     */
    Throttle(int perSecond, int burst) {
        this.interval = SECOND / perSecond;
        this.burst = burst * interval;
        this.next = -this.burst;
    }

    /** Waits for this request's turn. */
    void pass() throws IOException {
        long wait = reserve(clock.elapsed().toNanos());
        if (wait > 0) {
            Duration turn = Duration.ofNanos(wait);
            Deadline.in(turn).pause(turn);
        }
    }

    /**
     * @param now in nanoseconds since this throttle was made
     * @return how long the request that is made now has to wait, in nanoseconds
     */
    synchronized long reserve(long now) {
        next = Math.max(next, now - burst) + interval;
        return next - now;
    }
}
