package dev.slipway.executor.direct;

import dev.slipway.executor.core.Deadline;
import dev.slipway.protocol.ExecutionKey;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** What this process holds of a run besides its evidence. */
final class RunHandle {
    /** A category of its own, so that an operator can turn it off. */
    private static final Logger OUTPUT = Logger.getLogger("dev.slipway.output");

    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration WATCH = Duration.ofSeconds(1);

    /** Held by whoever brings the run nearer to its start. */
    final ReentrantLock starting = new ReentrantLock();

    /** Held by whoever ends it. */
    final ReentrantLock ending = new ReentrantLock();

    private final ExecutionKey key;
    private final HolePunch holePunch;
    private final long maxBacklog;
    private @Nullable ProcessTree tree;
    private @Nullable Output output;
    private @Nullable Teardown teardown;
    private @Nullable OutputEcho echo;
    private @Nullable Deadline setupDeadline;
    private volatile @Nullable Process keeper;
    private volatile boolean hasFailedToStart;

    /** @param maxBacklog how much of its undelivered output is kept, in bytes */
    RunHandle(ExecutionKey key, HolePunch holePunch, long maxBacklog) {
        this.key = key;
        this.holePunch = holePunch;
        this.maxBacklog = maxBacklog;
    }

    synchronized ProcessTree tree(Evidence evidence) throws IOException {
        ProcessTree known = tree;
        if (known == null) {
            known = new ProcessTree(evidence.kept());
            tree = known;
        }
        return known;
    }

    synchronized OutputEcho echo() {
        OutputEcho known = echo;
        if (known == null) {
            known = new OutputEcho(line -> OUTPUT.infof("%s", line), "slipway logs " + key.execution());
            echo = known;
        }
        return known;
    }

    synchronized Teardown teardown(Evidence evidence) throws IOException {
        Teardown known = teardown;
        if (known == null) {
            known = new Teardown(evidence);
            teardown = known;
        }
        return known;
    }

    synchronized Output output(Evidence evidence) throws IOException {
        Output known = output;
        if (known == null) {
            known = new Output(evidence, holePunch, maxBacklog);
            output = known;
        }
        return known;
    }

    /** @param limit counted from when this is asked first, which is when this process first sees the setup command run */
    synchronized boolean isSetupOverdue(Duration limit) {
        Deadline known = setupDeadline;
        if (known == null) {
            known = Deadline.in(limit);
            setupDeadline = known;
        }
        return known.isOver();
    }

    /** @param started by this process */
    void keptBy(Process started) {
        keeper = started;
    }

    /** Whether this process started the keeper. */
    boolean isOurs() {
        return keeper != null;
    }

    /** The start of this process failed half-way: whoever revokes the run now does so for that, and nobody stopped it. */
    void failedToStart() {
        hasFailedToStart = true;
    }

    boolean hasFailedToStart() {
        return hasFailedToStart;
    }

    /** A keeper of this process that ended before it recorded itself. */
    boolean hasEndedUnseen(Evidence evidence) throws IOException {
        Process ours = keeper;
        return ours != null && !ours.isAlive() && evidence.kept().keeper().isEmpty();
    }

    /**
     * Ends a keeper of this process that lost the right to start before it had recorded itself: nothing else would find it,
     * and it would begin in a workspace that is being removed.
     *
     * @return whether there was one
     */
    boolean endUnseen(Evidence evidence) throws IOException {
        Process ours = keeper;
        if (ours == null || !ours.isAlive() || evidence.kept().keeper().isPresent()) {
            return false;
        }
        ours.destroyForcibly();
        return true;
    }

    /** Waits until the keeper ends, if that is all there is to wait for and this process started it; else for a moment. */
    void pause(Evidence evidence, boolean isOver, Deadline deadline) throws IOException {
        Process ours = keeper;
        boolean runs = !isOver && evidence.claim() == Evidence.Claim.KEEPER;
        if (runs && ours != null && ours.isAlive()) {
            await(ours, deadline.left().compareTo(WATCH) < 0 ? deadline.left() : WATCH);
        } else {
            deadline.pause(POLL);
        }
    }

    /** @return whether it has ended */
    static boolean await(Process process, Duration patience) throws InterruptedIOException {
        try {
            return process.waitFor(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the keeper");
        }
    }

    /** @return whether the caller may end the run, and has to unlock {@link #ending} */
    boolean tryEnding(Duration patience) throws InterruptedIOException {
        try {
            return ending.tryLock(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the end of the run");
        }
    }
}
