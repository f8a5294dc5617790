package dev.slipway.executor.k8s;

import dev.slipway.executor.core.Deadline;
import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.RunId;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** What this process knows of a run beyond what the cluster shows. */
final class RunHandle {
    /** Whoever makes something of the run in the cluster, or proves that nobody did. */
    final ReentrantLock starting = new ReentrantLock();

    /** Whoever takes the run away. */
    final ReentrantLock ending = new ReentrantLock();

    private final RunId run;
    private volatile boolean stopped;
    private volatile boolean revoked;
    private volatile boolean failedToStart;
    private volatile List<String> names = List.of();
    private volatile Observed.@Nullable Ended decided;
    private volatile Observed.@Nullable Ended ended;
    private final AtomicReference<@Nullable Observed> told = new AtomicReference<>();
    private @Nullable RunLog log;

    RunHandle(RunId run) {
        this.run = run;
    }

    /** Its end was asked for. */
    void stop() {
        stopped = true;
    }

    /** The right to start is being taken away. */
    void revoke() {
        revoked = true;
    }

    /** Whether this process ends it, for whatever reason. */
    boolean isBeingEnded() {
        return stopped || revoked;
    }

    /** The start of this process failed half-way: whoever revokes the run now does so for that, and nobody stopped it. */
    void failToStart() {
        failedToStart = true;
    }

    boolean isAbandoned() {
        return failedToStart && !stopped;
    }

    /**
     * Waits for the turn to take the run away, until the deadline. Whoever gets it gives it back.
     *
     * @return whether it is this thread's
     */
    boolean tryEnding(Deadline deadline) throws InterruptedIOException {
        try {
            return ending.tryLock(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the run's end");
        }
    }

    /** What its Job may be called, once a task was seen; empty before. */
    List<String> names() {
        return names;
    }

    void name(List<String> candidates) {
        names = candidates;
    }

    /** The end it will be told to have come to, once that is recorded. */
    Optional<Observed.Ended> decided() {
        return Optional.ofNullable(decided);
    }

    void decide(Observed.Ended end) {
        decided = end;
    }

    /** Whether it has got further than it had when somebody last asked. */
    boolean isNews(Observed observed) {
        return !observed.equals(told.getAndSet(observed));
    }

    /** The end that does not change any more. */
    Optional<Observed.Ended> ended() {
        return Optional.ofNullable(ended);
    }

    Observed.Ended end(Observed.Ended end) {
        ended = end;
        return end;
    }

    synchronized RunLog log(Api api, Mirror mirror) {
        if (log == null) {
            log = new RunLog(run, api, mirror);
        }
        return log;
    }

    synchronized void close() {
        if (log != null) {
            log.close();
        }
    }
}
