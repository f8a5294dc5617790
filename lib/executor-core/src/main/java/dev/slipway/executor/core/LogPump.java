package dev.slipway.executor.core;

import dev.slipway.protocol.Bytes;
import dev.slipway.protocol.Internal;
import dev.slipway.protocol.LogAppend;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import org.jboss.logging.Logger;

/**
 * Carries one run's output to the dispatcher: piece by piece, each only after the one before it was taken. What the dispatcher
 * has decides where it begins, so it goes on where an earlier process stopped. While the dispatcher is away it waits, and the
 * output waits with the engine; the agent never waits.
 */
final class LogPump {
    private static final Logger LOG = Logger.getLogger(LogPump.class);
    private static final int PIECE_BYTES = 256 << 10;
    private static final long NOT_SILENT = Long.MAX_VALUE;

    /** How long to wait for output before looking whether the run has ended: the end of a silent run is reported this late. */
    private static final Duration PATIENCE = Duration.ofMillis(100);

    private final Backend backend;
    private final Internal.ForExecutors dispatcher;
    private final RunId run;
    private final Metrics metrics;
    private final InstantSource clock;
    private final Backoff backoff = Backoff.ofCalls();
    private final Waiter retry = new Waiter();
    private final Waiter progress = new Waiter();
    private volatile long silentSince = NOT_SILENT;
    private volatile boolean over;
    private volatile boolean cancelled;
    private volatile boolean done;

    LogPump(Backend backend, Internal.ForExecutors dispatcher, RunId run, Metrics metrics, InstantSource clock) {
        this.backend = backend;
        this.dispatcher = dispatcher;
        this.run = run;
        this.metrics = metrics;
        this.clock = clock;
    }

    /** How long this pump has seen no output, in milliseconds; 0 while it is not looking, or has some to deliver. */
    long silentMillis() {
        long since = silentSince;
        return since == NOT_SILENT ? 0 : Math.max(0, clock.millis() - since);
    }

    /** Pumps until all is delivered, the dispatcher refuses the output, or it is cancelled. */
    void pump() {
        try {
            while (!done && !cancelled) {
                try {
                    done = pumpFrom(append(new LogAppend(run.key().attempt(), 0, Bytes.EMPTY, "")));
                } catch (IOException e) {
                    LOG.debugf("the output cannot be read now, trying again: %s", e);
                } catch (RuntimeException e) {
                    switch (Calls.of(e)) {
                        case REFUSED, OUTDATED -> {
                            LOG.warnf(
                                    "the dispatcher refuses the run's output, the rest of it is not delivered: %s", e);
                            done = true;
                        }
                        case AWAY, UNAUTHORISED ->
                            LOG.debugf("the output cannot be delivered now, trying again: %s", e);
                    }
                }
                if (!done && !cancelled) {
                    retry.await(backoff.next());
                }
            }
        } finally {
            done = true;
            silentSince = NOT_SILENT;
            progress.wake();
        }
    }

    /** The run has ended: what can be read now is all there will be. */
    void end() {
        over = true;
    }

    /** Stops pumping, whatever is left. */
    void cancel() {
        cancelled = true;
        retry.wake();
    }

    /**
     * Waits until the pump has finished, as long as it makes progress.
     *
     * @return whether it has; false when nothing moved for {@code stall}
     */
    boolean awaitDelivery(Duration stall) {
        while (!done) {
            if (!progress.await(stall) && !done) {
                return false;
            }
            if (Thread.currentThread().isInterrupted()) {
                return false;
            }
        }
        return true;
    }

    /** @return whether all is delivered; if not, the dispatcher has something else than was assumed */
    private boolean pumpFrom(LogAppend.Position start) throws IOException {
        long length = start.length();
        try (LogSource source = backend.logs(run, ownCursor(start.cursor()))) {
            while (!cancelled) {
                boolean wasOver = over;
                Deadline patience = Deadline.in(wasOver ? Duration.ZERO : PATIENCE);
                LogSource.Chunk piece = source.next(PIECE_BYTES, patience.left());
                if (piece.bytes().length() == 0) {
                    if (wasOver) {
                        return true;
                    }
                    if (silentSince == NOT_SILENT) {
                        silentSince = clock.millis();
                    }
                    retry.await(patience.left()); // a source that knows that no more will come does not wait
                    continue;
                }
                silentSince = NOT_SILENT;
                LogAppend.Position position = append(new LogAppend(
                        run.key().attempt(), length, piece.bytes(), run.key().attempt() + ":" + piece.cursor()));
                if (!position.accepted()) {
                    return false;
                }
                length = position.length();
                backoff.reset();
                metrics.delivered(piece.bytes().length());
                source.release(piece.cursor());
                progress.wake();
            }
        }
        return false;
    }

    private LogAppend.Position append(LogAppend append) {
        return dispatcher.appendLogs(run.key().execution(), append);
    }

    /** The backend's part of a cursor; one that an earlier attempt left says nothing about this attempt's output. */
    private String ownCursor(String cursor) {
        String prefix = run.key().attempt() + ":";
        return cursor.startsWith(prefix) ? cursor.substring(prefix.length()) : "";
    }
}
