package dev.slipway.executor.direct;

import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * The space that a run's output takes: what is delivered is freed, and what cannot be delivered as fast as it comes is cut out,
 * so that neither a slow dispatcher nor an agent that floods fills the disk. Offsets in the file stay as they are.
 */
final class Output {
    /** More undelivered output than this is not kept; the newest half of it is. */
    static final long MAX_BACKLOG = 256L << 20;

    private static final Logger LOG = Logger.getLogger(Output.class);

    /** Space is freed in steps of this size: every step costs a few system calls. */
    private static final long STEP = 1 << 20;

    /** Off once the file system is seen to be unable. */
    private static final AtomicBoolean CAN_FREE = new AtomicBoolean(true);

    private final Evidence evidence;
    private final HolePunch holePunch;
    private final long maxBacklog;
    private long freed;
    private boolean floods;

    Output(Evidence evidence, HolePunch holePunch, long maxBacklog) throws IOException {
        this.evidence = evidence;
        this.holePunch = holePunch;
        this.maxBacklog = maxBacklog;
        this.freed = evidence.released();
    }

    Evidence evidence() {
        return evidence;
    }

    /** Up to where nothing can be read any more. */
    synchronized long freed() {
        return freed;
    }

    /** Frees everything up to {@code offset}, roughly. */
    synchronized void free(long offset) throws IOException {
        long until = offset / STEP * STEP;
        if (until <= freed || !CAN_FREE.get()) {
            return;
        }
        evidence.release(until); // before the space is freed: what was freed must not be read again
        long from = freed;
        freed = until;
        try {
            holePunch.free(evidence.output(), from, until - from);
        } catch (IOException e) {
            if (CAN_FREE.compareAndSet(true, false)) {
                LOG.warn("output stays on disk until its task is acknowledged", e);
            }
        }
    }

    /** Cuts out the oldest of what is undelivered, if that is too much. */
    synchronized void trim() throws IOException {
        long size = Files.size(evidence.output());
        if (size - freed <= maxBacklog) {
            return;
        }
        if (!floods) {
            LOG.warnf(
                    "run %s writes faster than its output is delivered: some of it is left out",
                    evidence.meta().run());
            floods = true;
        }
        free(size - maxBacklog / 2);
    }
}
