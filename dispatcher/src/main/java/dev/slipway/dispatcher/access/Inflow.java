package dev.slipway.dispatcher.access;

import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * Bounds the large bodies that are taken in at once. Read, checked and written down again, one takes about three times its size
 * of the heap: enough of them together would end the process.
 */
final class Inflow {
    /** Smaller ones do not count, so that the services' reports are never kept out. */
    static final long LARGE = 2 << 20;

    private static final int UNIT = 1 << 10;

    private final Semaphore room;

    /** @param bytes that all large bodies together may have */
    Inflow(long bytes) {
        room = new Semaphore(Math.toIntExact(bytes / UNIT));
    }

    /** @return what to run once the body's call is over; empty if there is no room for it now */
    Optional<Runnable> take(long bytes) {
        if (bytes <= LARGE) {
            return Optional.of(() -> {});
        }
        int units = Math.toIntExact(bytes / UNIT);
        return room.tryAcquire(units) ? Optional.of(() -> room.release(units)) : Optional.empty();
    }
}
