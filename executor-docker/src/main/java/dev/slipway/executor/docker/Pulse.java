package dev.slipway.executor.docker;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import org.jboss.logging.Logger;

/** Whether the engine answers. One that hangs keeps its connections open: that its events can be heard proves nothing. */
final class Pulse {
    /** How often it is to be felt. */
    static final Duration INTERVAL = Duration.ofSeconds(5);

    private static final Logger LOG = Logger.getLogger(Pulse.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Engine engine;
    private volatile boolean felt = true;

    /** @param engine which has answered just now */
    Pulse(Engine engine) {
        this.engine = engine;
    }

    boolean isFelt() {
        return felt;
    }

    void feel() throws InterruptedIOException {
        try {
            engine.ping(PATIENCE);
            felt = true;
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            LOG.debugf("the engine does not answer now: %s", e);
            felt = false;
        }
    }
}
