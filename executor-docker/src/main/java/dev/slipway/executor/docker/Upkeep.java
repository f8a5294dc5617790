package dev.slipway.executor.docker;

import dev.slipway.executor.core.Deadline;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import org.jboss.logging.Logger;

/** Removes, once an hour, what nobody needs any more. */
final class Upkeep implements Closeable {
    private static final Logger LOG = Logger.getLogger(Upkeep.class);
    private static final Duration INTERVAL = Duration.ofHours(1);

    private final Chore chore;
    private final Thread thread = Thread.ofVirtual().name("upkeep").unstarted(this::work);

    Upkeep(Chore chore) {
        this.chore = chore;
    }

    /** What is to be done; if it fails, it is done an hour later. */
    @FunctionalInterface
    interface Chore {
        void run() throws IOException;
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
                Deadline.in(INTERVAL).pause(INTERVAL);
                try {
                    chore.run();
                } catch (InterruptedIOException e) {
                    throw e;
                } catch (IOException | RuntimeException e) {
                    LOG.warnf("what is not used any more at the Docker engine stays for now: %s", e);
                }
            }
        } catch (InterruptedIOException e) {
            LOG.debug("the executor is closed");
        }
    }
}
