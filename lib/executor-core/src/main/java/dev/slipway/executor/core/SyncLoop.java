package dev.slipway.executor.core;

import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.Internal;
import dev.slipway.protocol.SyncAnswer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Reports to the dispatcher and takes its answers, one call after another, until it is closed; nothing else ends it. A call is
 * held by the dispatcher while there is nothing to do, so when something happens here meanwhile, the next call is made at
 * once: it supersedes the held one.
 */
final class SyncLoop {
    private static final Logger LOG = Logger.getLogger(SyncLoop.class);

    /** What happens within this time goes into one report. */
    private static final Duration GATHERING = Duration.ofMillis(20);

    /** A call is given up by its own deadline; this is for a client that does not keep to it. */
    private static final Duration CALL_DEADLINE = Duration.ofSeconds(30);

    /** How often it is looked whether an obstacle that was told is gone, while a call is held. */
    private static final Duration OBSTACLE_LOOK = Duration.ofMillis(250);

    private static final Duration HOLLOW_PAUSE = Duration.ofMillis(250);
    private static final int MAX_HOLLOW_ANSWERS = 3;
    private static final int MAX_CALLS = 3;

    private final String executor;
    private final Runs runs;
    private final Internal.ForExecutors dispatcher;
    private final Metrics metrics;
    private final Waiter changed;
    private final Supplier<String> obstacle;
    private final Connection connection;
    private final Backoff backoff = Backoff.ofCalls();
    private final Semaphore calls = new Semaphore(MAX_CALLS);
    private final Waiter closing = new Waiter();
    private volatile boolean closed;

    /**
     * @param changed woken when there is something new to report
     * @param obstacle why nothing can be started here now, in words; empty: it can
     */
    SyncLoop(
            String executor,
            Runs runs,
            Internal.ForExecutors dispatcher,
            Metrics metrics,
            Waiter changed,
            Supplier<String> obstacle,
            Connection connection) {
        this.executor = executor;
        this.runs = runs;
        this.dispatcher = dispatcher;
        this.metrics = metrics;
        this.changed = changed;
        this.obstacle = obstacle;
        this.connection = connection;
    }

    void run() {
        int hollow = 0;
        while (!closed) {
            try {
                hollow = exchange() ? 0 : hollow + 1;
                if (hollow > MAX_HOLLOW_ANSWERS && !closed) {
                    // The dispatcher holds calls while it has nothing to say: one that does not must not be hammered.
                    awaitChange(HOLLOW_PAUSE);
                }
            } catch (RuntimeException e) {
                LOG.error("the exchange with the dispatcher failed unexpectedly, trying again", e);
                closing.await(backoff.next());
            }
        }
    }

    void close() {
        closed = true;
        closing.wake();
        changed.wake();
    }

    /** @return false if the dispatcher answered at once and had nothing to say */
    private boolean exchange() {
        ExecutorSync sync = runs.nextSync(obstacle.get());
        Deadline held = Deadline.in(CALL_DEADLINE);
        Optional<CompletableFuture<SyncAnswer>> call = call(sync);
        if (call.isEmpty()) {
            closing.await(backoff.next());
            return true;
        }
        CompletableFuture<SyncAnswer> answer = call.get();
        boolean wasHeld = awaitAnswerOrChange(answer, held, !sync.obstacle().isEmpty());
        if (closed || !answer.isDone()) {
            return true;
        }
        if (answer.isCompletedExceptionally()) {
            metrics.syncFailed();
            connection.failed(answer.exceptionNow());
            closing.await(backoff.next());
            return true;
        }
        int commands = runs.answered(sync.seq(), answer.resultNow());
        backoff.reset();
        connection.accepted();
        return commands > 0 || wasHeld;
    }

    private Optional<CompletableFuture<SyncAnswer>> call(ExecutorSync sync) {
        if (!calls.tryAcquire()) {
            return Optional.empty();
        }
        CompletableFuture<SyncAnswer> answer = new CompletableFuture<>();
        Thread.ofVirtual().name("sync " + sync.seq()).start(() -> {
            try {
                answer.complete(dispatcher.sync(executor, sync));
            } catch (RuntimeException | Error e) {
                answer.completeExceptionally(e);
            } finally {
                calls.release();
                changed.nudge(); // not a change: a call that was superseded ends too, and must not supersede the next
                // one
            }
        });
        return Optional.of(answer);
    }

    /** @return whether the answer took so long that it was held */
    private boolean awaitAnswerOrChange(CompletableFuture<SyncAnswer> answer, Deadline held, boolean isHindered) {
        while (!answer.isDone() && !held.isOver() && !closed) {
            Duration look = isHindered && OBSTACLE_LOOK.compareTo(held.left()) < 0 ? OBSTACLE_LOOK : held.left();
            if (changed.await(look) && !answer.isDone()) {
                Deadline gathering = Deadline.in(GATHERING);
                while (!answer.isDone() && !gathering.isOver() && !closed) {
                    changed.await(gathering.left());
                }
                break;
            }
            if (isHindered && obstacle.get().isEmpty()) {
                break;
            }
        }
        return held.elapsed().compareTo(HOLLOW_PAUSE) > 0;
    }

    private void awaitChange(Duration atMost) {
        Deadline deadline = Deadline.in(atMost);
        while (!deadline.isOver() && !changed.await(deadline.left())) {
            // an earlier call ended
        }
    }
}
