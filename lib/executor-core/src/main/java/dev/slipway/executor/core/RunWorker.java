package dev.slipway.executor.core;

import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.Internal;
import dev.slipway.protocol.TaskSpec;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/** Carries out the commands for one run, each on a virtual thread of its own, and tells what came of them. */
final class RunWorker {
    private static final Logger LOG = Logger.getLogger(RunWorker.class);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** How long a result waits for output that the dispatcher does not take, and evidence after its acknowledgement. */
    private static final Duration OUTPUT_STALL = Duration.ofSeconds(30);

    /** What a run tells whoever keeps the table. */
    interface Listener {
        void preparing(RunId run, String words);

        void started(RunId run, long startedAtMillis);

        void ended(RunId run, Observed.Ended ended);

        void forgotten(RunId run);
    }

    private final RunId run;
    private final Backend backend;
    private final Listener listener;
    private final LogPump pump;
    private final Metrics metrics;
    private final Clock clock;
    private final CountDownLatch delivering = new CountDownLatch(1);
    private final Waiter closing = new Waiter();
    private final String traceId;
    private final ReentrantLock evidence = new ReentrantLock();
    private boolean forgotten;
    private volatile boolean closed;

    /** @param traceparent the W3C trace context that the run belongs to, empty if it has none */
    RunWorker(
            RunId run,
            String traceparent,
            Backend backend,
            Internal.ForExecutors dispatcher,
            Listener listener,
            Metrics metrics,
            Clock clock) {
        this.run = run;
        this.backend = backend;
        this.listener = listener;
        this.metrics = metrics;
        this.clock = clock;
        this.pump = new LogPump(backend, dispatcher, run, metrics, clock);
        this.traceId = traceIdOf(traceparent);
    }

    void start(TaskSpec spec) {
        inBackground("start", () -> {
            Optional<Observed.Ended> failed = begin(spec);
            metrics.started(failed.isEmpty());
            failed.ifPresentOrElse(this::tellEnd, this::deliverAndWatch);
        });
    }

    /**
     * Watches a run that an earlier process left, as soon as this one lives: it may need something of the executor, and its
     * end is seen whether or not the dispatcher answers. Its end is told and its output delivered once it is adopted.
     */
    void watchSurvivor() {
        inBackground("watch", () -> {
            LOG.info("watching a run that an earlier process of this executor began");
            watch();
        });
    }

    void adopt() {
        metrics.adopted();
        inBackground("output", this::deliver);
    }

    /** @param isWatched whether the run is being started or watched already */
    void stop(Duration grace, boolean isWatched) {
        inBackground("stop", () -> {
            LOG.info("stopping the run");
            repeatedly("stop", () -> stopUnlessForgotten(grace));
            if (!isWatched) {
                deliverAndWatch();
            }
        });
    }

    void forget() {
        inBackground("forget", () -> {
            if (isDelivering() && !pump.awaitDelivery(OUTPUT_STALL)) {
                LOG.warn("the dispatcher did not take all of the run's output, the rest is deleted");
            }
            pump.cancel();
            repeatedly("forget", this::forgetEvidence);
            if (!closed) {
                listener.forgotten(run);
            }
        });
    }

    /**
     * Stops first, since only that grants the grace; of a run that is not here the right to start is taken, and one that began
     * in between is stopped. A run that has ended may be forgotten while this is tried again, which must not make evidence of
     * it anew.
     */
    private boolean stopUnlessForgotten(Duration grace) throws IOException {
        evidence.lock();
        try {
            return forgotten || (backend.stop(run, grace) && (backend.revoke(run) || backend.stop(run, grace)));
        } finally {
            evidence.unlock();
        }
    }

    private boolean forgetEvidence() throws IOException {
        evidence.lock();
        try {
            forgotten = true;
            backend.forget(run);
            return true;
        } finally {
            evidence.unlock();
        }
    }

    /** How long the run has printed nothing. */
    long silentMillis() {
        return pump.silentMillis();
    }

    /** Begins nothing more and tells nothing more. The run goes on. */
    void close() {
        closed = true;
        delivering.countDown();
        pump.cancel();
        closing.wake();
    }

    /** @return how it ended, if it certainly never will begin */
    private Optional<Observed.Ended> begin(TaskSpec spec) {
        try {
            backend.start(run, spec, this::tellStep);
            return Optional.empty();
        } catch (StartFailure e) {
            LOG.infof("the run could not start: %s", e.getMessage());
            return Optional.of(new Observed.Ended(e.ending(), 0, clock.millis()));
        } catch (IOException | RuntimeException e) {
            LOG.warn("the start of the run failed half-way", e);
            AtomicBoolean revoked = new AtomicBoolean();
            repeatedly("revoke", () -> {
                revoked.set(backend.revoke(run));
                return true;
            });
            return revoked.get() ? awaitEnd().map(end -> failed(e, end)) : Optional.empty();
        }
    }

    /** What is told of a run that ended because it was revoked, since nobody wanted it revoked. */
    private static Observed.Ended failed(Exception cause, Observed.Ended end) {
        return new Observed.Ended(
                Cause.START_FAILED.notStarted("the start failed: " + cause.getMessage()), 0, end.endedAtMillis());
    }

    private void deliverAndWatch() {
        inBackground("output", this::deliver);
        watch();
    }

    private void deliver() {
        delivering.countDown();
        pump.pump();
    }

    private boolean isDelivering() {
        return delivering.getCount() == 0;
    }

    /** Until it has ended and its output is delivered, or the dispatcher has not taken any of it for a while. */
    private void watch() {
        Optional<Observed.Ended> ended = awaitEnd();
        if (ended.isPresent() && awaitDelivering()) {
            pump.end();
            if (!pump.awaitDelivery(OUTPUT_STALL)) {
                LOG.warn("the dispatcher takes none of the run's output: its result goes ahead");
            }
            tellEnd(ended.get());
        }
    }

    /** @return empty if this worker is closed before */
    private Optional<Observed.Ended> awaitEnd() {
        Backoff backoff = Backoff.ofCalls();
        Duration patience = Duration.ZERO;
        boolean runs = false;
        while (!closed) {
            try {
                Observed observed = backend.observe(run, patience);
                if (observed instanceof Observed.Ended ended) {
                    return Optional.of(ended);
                }
                if (observed instanceof Observed.Preparing(String step)) {
                    tellStep(step);
                }
                if (observed instanceof Observed.Running running && !runs) {
                    runs = true;
                    LOG.info("the run has started");
                    listener.started(run, running.startedAtMillis());
                }
                backoff.reset();
                patience = PATIENCE;
            } catch (IOException | RuntimeException e) {
                LOG.warnf("the run cannot be observed now, trying again: %s", e);
                closing.await(backoff.next());
            }
        }
        return Optional.empty();
    }

    private void tellStep(String words) {
        LOG.debug(words);
        if (!closed) {
            listener.preparing(run, words);
        }
    }

    /** @return false if this worker is closed before */
    private boolean awaitDelivering() {
        try {
            delivering.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return !closed;
    }

    private void tellEnd(Observed.Ended ended) {
        if (!closed) {
            LOG.infof("the run has ended: %s", words(ended.ending()));
            listener.ended(run, ended);
        }
    }

    private static String words(Ending ending) {
        return switch (ending) {
            case Ending.Exited exited when exited.code() == 0 -> "success";
            case Ending.Exited exited -> exited.message();
            case Ending.NotStarted never -> "never started, " + never.message();
            case Ending.Lost lost -> "lost, " + lost.message();
        };
    }

    private void repeatedly(String what, Attempt attempt) {
        Backoff backoff = Backoff.ofCalls();
        while (!closed) {
            try {
                if (attempt.succeeds()) {
                    return;
                }
            } catch (IOException | RuntimeException e) {
                LOG.warnf("cannot %s the run now, trying again: %s", what, e);
            }
            closing.await(backoff.next());
        }
    }

    @FunctionalInterface
    private interface Attempt {
        boolean succeeds() throws IOException;
    }

    private void inBackground(String name, Runnable work) {
        Thread.ofVirtual().name(name + " " + run).start(() -> {
            MDC.put("execution", run.key().execution());
            MDC.put("attempt", run.key().attempt());
            if (!traceId.isEmpty()) {
                MDC.put("traceId", traceId);
            }
            work.run();
        });
    }

    /** The second part of a W3C trace context. */
    private static String traceIdOf(String traceparent) {
        String[] parts = traceparent.split("-", -1);
        return parts.length > 1 ? parts[1] : "";
    }
}
