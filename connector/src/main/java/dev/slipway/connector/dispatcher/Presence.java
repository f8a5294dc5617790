package dev.slipway.connector.dispatcher;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** When the dispatcher was last heard of, and as whom it knows this process. */
public final class Presence {
    private final InstantSource time;
    private volatile Optional<Instant> heardAt = Optional.empty();
    private volatile long incarnation;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    public Presence(InstantSource time) {
        this.time = time;
    }

    /** @param listener run at every answer from now on */
    public void listen(Runnable listener) {
        listeners.add(listener);
    }

    /** @param as the incarnation of the report that it answered */
    void heard(long as) {
        incarnation = as;
        heardAt = Optional.of(time.instant());
        listeners.forEach(Runnable::run);
    }

    /** That of the latest report that was answered; 0 before the first. */
    public long incarnation() {
        return incarnation;
    }

    /** Whether it answered within that time. */
    public boolean isWithin(Duration lately) {
        return heardAt.filter(at -> Duration.between(at, time.instant()).compareTo(lately) < 0)
                .isPresent();
    }
}
