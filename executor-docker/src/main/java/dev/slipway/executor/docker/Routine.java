package dev.slipway.executor.docker;

import dev.slipway.executor.core.Deadline;
import java.io.Closeable;
import java.io.InterruptedIOException;
import java.time.Duration;
import org.jboss.logging.Logger;

/** Does something again and again, by a thread of its own. */
final class Routine implements Closeable {
    private static final Logger LOG = Logger.getLogger(Routine.class);

    private final Duration interval;
    private final Chore chore;
    private final Thread thread;

    /** @param interval before the first time, and between one's end and the next one's beginning */
    Routine(String name, Duration interval, Chore chore) {
        this.interval = interval;
        this.chore = chore;
        this.thread = Thread.ofVirtual().name(name).unstarted(this::work);
    }

    /** What is to be done. It sees to its own failures. */
    @FunctionalInterface
    interface Chore {
        /** @throws InterruptedIOException the routine was closed */
        void run() throws InterruptedIOException;
    }

    void start() {
        thread.start();
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    private void work() {
        try {
            while (true) {
                Deadline.in(interval).pause(interval);
                chore.run();
            }
        } catch (InterruptedIOException e) {
            LOG.debug("the executor is closed");
        }
    }
}
