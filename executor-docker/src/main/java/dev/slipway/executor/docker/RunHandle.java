package dev.slipway.executor.docker;

import dev.slipway.executor.core.Deadline;
import dev.slipway.executor.core.Observed;
import java.io.InterruptedIOException;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** What this process knows of a run besides its evidence. */
final class RunHandle {
    /** Held by whoever starts the run. */
    final ReentrantLock starting = new ReentrantLock();

    /** Held by whoever ends the run, or finds that it has ended. */
    final ReentrantLock ending = new ReentrantLock();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private @Nullable Thread preparer;
    private String step = "";
    private boolean preparing;
    private boolean cancelled;
    private boolean startSent;
    private boolean failed;
    private long changes;
    private Observed.@Nullable Ended ended;

    /** The calling thread prepares the run from now on, and is interrupted if it is to stop that. */
    void beginPreparing() throws InterruptedIOException {
        lock.lock();
        try {
            preparing = true;
            checkCancelled();
            preparer = Thread.currentThread();
        } finally {
            lock.unlock();
        }
    }

    /**
     * The calling thread is not interrupted any more.
     *
     * @throws InterruptedIOException if it is to stop
     */
    void goOn() throws InterruptedIOException {
        lock.lock();
        try {
            if (preparer != null) {
                preparer = null;
                if (cancelled) {
                    Thread.interrupted(); // it was meant for the preparation
                }
            }
            checkCancelled();
        } finally {
            lock.unlock();
        }
    }

    void endPreparing() {
        lock.lock();
        try {
            if (preparer != null && cancelled) {
                Thread.interrupted();
            }
            preparer = null;
            preparing = false;
            changes++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The run must not begin any more: whoever prepares it stops as soon as it can. */
    void cancel() {
        lock.lock();
        try {
            cancelled = true;
            if (preparer != null) {
                preparer.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    boolean isCancelled() {
        lock.lock();
        try {
            return cancelled;
        } finally {
            lock.unlock();
        }
    }

    /** The engine is asked to start the container: from now on it may run, whatever the engine answers. */
    void sendStart() {
        lock.lock();
        try {
            startSent = true;
        } finally {
            lock.unlock();
        }
    }

    boolean isStartSent() {
        lock.lock();
        try {
            return startSent;
        } finally {
            lock.unlock();
        }
    }

    /** A start of this process came to nothing half-way; that does not count if nobody wanted it any more. */
    void failedToStart() {
        lock.lock();
        try {
            failed = !cancelled;
        } finally {
            lock.unlock();
        }
    }

    boolean hasFailedToStart() {
        lock.lock();
        try {
            return failed;
        } finally {
            lock.unlock();
        }
    }

    void tell(String words) {
        lock.lock();
        try {
            step = words;
        } finally {
            lock.unlock();
        }
    }

    /** What is being prepared, while something is. */
    Optional<String> step() {
        lock.lock();
        try {
            return preparing ? Optional.of(step) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** @return whether nobody prepares the run */
    boolean awaitPrepared(Deadline deadline) throws InterruptedIOException {
        lock.lock();
        try {
            long left = deadline.left().toNanos();
            while (preparing && left > 0) {
                left = changed.awaitNanos(left);
            }
            return !preparing;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the start to stop");
        } finally {
            lock.unlock();
        }
    }

    /** Something may have changed: whoever waits looks again. */
    void wake() {
        lock.lock();
        try {
            changes++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Counts what {@link #await} waits for: asked before one looks, so that nothing is missed. */
    long changes() {
        lock.lock();
        try {
            return changes;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until something may have changed since then, but not for longer than so many nanoseconds. */
    void await(long since, long nanos) throws InterruptedIOException {
        lock.lock();
        try {
            long left = nanos;
            while (changes == since && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the run");
        } finally {
            lock.unlock();
        }
    }

    Optional<Observed.Ended> ended() {
        lock.lock();
        try {
            return Optional.ofNullable(ended);
        } finally {
            lock.unlock();
        }
    }

    /**
     * The run has ended so, unless it is known already how it ended.
     *
     * @return how it ended
     */
    Observed.Ended end(Observed.Ended how) {
        lock.lock();
        try {
            Observed.Ended known = ended == null ? how : ended;
            ended = known;
            changes++;
            changed.signalAll();
            return known;
        } finally {
            lock.unlock();
        }
    }

    private void checkCancelled() throws InterruptedIOException {
        if (cancelled) {
            throw new InterruptedIOException("the run must not begin any more");
        }
    }
}
