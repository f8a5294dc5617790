package dev.slipway.executor.core;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Growing waits between tries of something that fails: doubled each time, with up to half of each taken off at random. */
final class Backoff {
    private final Duration first;
    private final Duration longest;
    private final RandomGenerator random;
    private Duration next;

    Backoff(Duration first, Duration longest, RandomGenerator random) {
        this.first = first;
        this.longest = longest;
        this.random = random;
        this.next = first;
    }

    /** The shell's own: from a tenth of a second to five, so that a dispatcher that comes back is soon found. */
    static Backoff ofCalls() {
        return new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5), RandomGenerator.getDefault());
    }

    Duration next() {
        Duration whole = next;
        next = whole.multipliedBy(2).compareTo(longest) < 0 ? whole.multipliedBy(2) : longest;
        return whole.minusNanos(random.nextLong(whole.toNanos() / 2 + 1));
    }

    /** It worked: the next failure begins anew. */
    void reset() {
        next = first;
    }
}
