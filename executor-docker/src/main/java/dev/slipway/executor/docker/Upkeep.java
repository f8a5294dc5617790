package dev.slipway.executor.docker;

import dev.slipway.executor.core.Deadline;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Removes, once an hour, sidecars' files that nobody has used for long. */
final class Upkeep implements Closeable {
    private static final Logger LOG = Logger.getLogger(Upkeep.class);
    private static final Duration INTERVAL = Duration.ofHours(1);

    private final Sidecars sidecars;
    private final Optional<Duration> keep;
    private final Thread thread = Thread.ofVirtual().name("upkeep").unstarted(this::work);

    /** @param keep how long after their last use; absent: for ever */
    Upkeep(Sidecars sidecars, Optional<Duration> keep) {
        this.sidecars = sidecars;
        this.keep = keep;
    }

    void start() {
        if (keep.isPresent()) {
            thread.start();
        }
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
                    sidecars.collect(keep.orElseThrow());
                } catch (InterruptedIOException e) {
                    throw e;
                } catch (IOException | RuntimeException e) {
                    LOG.warnf("sidecars' files that are not used any more stay for now: %s", e);
                }
            }
        } catch (InterruptedIOException e) {
            LOG.debug("the executor is closed");
        }
    }
}
