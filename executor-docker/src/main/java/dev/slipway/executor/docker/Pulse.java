package dev.slipway.executor.docker;

import dev.slipway.executor.core.Deadline;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import org.jboss.logging.Logger;

/** Whether the engine answers. One that hangs keeps its connections open: that its events can be heard proves nothing. */
final class Pulse implements Closeable {
    private static final Logger LOG = Logger.getLogger(Pulse.class);
    private static final Duration INTERVAL = Duration.ofSeconds(5);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Engine engine;
    private final Thread thread = Thread.ofVirtual().name("pulse").unstarted(this::work);
    private volatile boolean felt = true;

    /** @param engine which has answered just now */
    Pulse(Engine engine) {
        this.engine = engine;
    }

    void start() {
        thread.start();
    }

    boolean isFelt() {
        return felt;
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    private void work() {
        try {
            while (true) {
                Deadline.in(INTERVAL).pause(INTERVAL);
                felt = feel();
            }
        } catch (InterruptedIOException e) {
            LOG.debug("the executor is closed");
        }
    }

    private boolean feel() throws InterruptedIOException {
        try {
            engine.ping(PATIENCE);
            return true;
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            LOG.debugf("the engine does not answer now: %s", e);
            return false;
        }
    }
}
