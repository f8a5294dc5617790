package dev.slipway.connector.dispatcher;

import java.time.Duration;

/** Growing waits between tries at the dispatcher, which is near: from 0.1 to 2 s. */
public final class BackOff {
    private static final Duration FIRST = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofSeconds(2);

    private Duration next = FIRST;

    public Duration next() {
        Duration wait = next;
        Duration doubled = next.multipliedBy(2);
        next = doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
        return wait;
    }

    void succeeded() {
        next = FIRST;
    }
}
