package dev.slipway.connector.dispatcher;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** When the dispatcher was last heard of. */
public final class Presence {
    private final InstantSource time;
    private volatile Optional<Instant> heardAt = Optional.empty();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    public Presence(InstantSource time) {
        this.time = time;
    }

    /** @param listener run at every answer from now on */
    public void listen(Runnable listener) {
        listeners.add(listener);
    }

    void heard() {
        heardAt = Optional.of(time.instant());
        listeners.forEach(Runnable::run);
    }

    /** Whether it answered within that time. */
    public boolean isWithin(Duration lately) {
        return heardAt.filter(at -> Duration.between(at, time.instant()).compareTo(lately) < 0)
                .isPresent();
    }
}
