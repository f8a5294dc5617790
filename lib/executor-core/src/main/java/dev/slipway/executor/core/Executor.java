package dev.slipway.executor.core;

import dev.slipway.protocol.Internal;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The life of an executor's process: preflight, survivors, then reports until it is closed. A preflight that fails is tried
 * again: meanwhile survivors are looked after as soon as the backend can tell them, and nothing is started.
 */
final class Executor {
    private static final Logger LOG = Logger.getLogger(Executor.class);
    private static final Duration PREFLIGHT_INTERVAL = Duration.ofSeconds(5);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(2);

    /** Less than the 30 s after which Kubernetes kills what does not end. */
    private static final Duration LEAVE_PATIENCE = Duration.ofSeconds(25);

    /** How long the dispatcher, which decides how they end, may be away meanwhile. */
    private static final Duration ANSWER_PATIENCE = Duration.ofSeconds(5);

    private static final Duration LEAVE_POLL = Duration.ofMillis(100);
    private static final Duration DROP_GRACE = Duration.ofSeconds(10);

    private static final String UNKNOWN = "the preflight has not run yet";

    private final Identity identity;
    private final int slots;
    private final boolean stopsRuns;
    private final Backend backend;
    private final Internal.ForExecutors dispatcher;
    private final Metrics metrics;
    private final Clock clock;
    private final Connection connection;
    private final Waiter closing = new Waiter();
    private final Waiter repair = new Waiter();
    private final Waiter changed = new Waiter();
    private final Thread thread = Thread.ofVirtual().name("executor").unstarted(this::work);
    private volatile boolean closed;
    private volatile String unfit = UNKNOWN;
    private volatile List<String> remarks = List.of();
    private volatile @Nullable Runs runs;
    private volatile @Nullable SyncLoop loop;

    /**
     * @param slots how many runs it offers to hold; 0 means no limit of its own
     * @param stopsRuns whether its runs are to end when it is closed
     */
    Executor(
            Identity identity,
            int slots,
            boolean stopsRuns,
            Backend backend,
            Internal.ForExecutors dispatcher,
            Metrics metrics,
            Clock clock,
            Connection connection) {
        this.identity = identity;
        this.slots = slots;
        this.stopsRuns = stopsRuns;
        this.backend = backend;
        this.dispatcher = dispatcher;
        this.metrics = metrics;
        this.clock = clock;
        this.connection = connection;
    }

    void open() {
        LOG.infof("this is executor %s", identity.id());
        thread.start();
    }

    /** Asks for no more work and reports nothing more; what still runs goes on, and is found again by the next process. */
    void close() {
        if (stopsRuns) {
            Optional.ofNullable(runs).ifPresent(this::endRuns);
        }
        closed = true;
        closing.wake();
        repair.wake();
        Optional.ofNullable(loop).ifPresent(SyncLoop::close);
        Optional.ofNullable(runs).ifPresent(Runs::close);
        if (thread.isAlive()) {
            try {
                thread.join(CLOSE_PATIENCE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The dispatcher decides how they end: while it is away, they are left alone. */
    private void endRuns(Runs keeper) {
        keeper.leave();
        Deadline deadline = Deadline.in(LEAVE_PATIENCE);
        Deadline answer = Deadline.in(ANSWER_PATIENCE);
        while (keeper.count(table -> table.live() + table.unacknowledged()) > 0
                && !deadline.isOver()
                && !answer.isOver()) {
            closing.await(LEAVE_POLL);
            if (connection.trouble().isEmpty()) {
                answer = Deadline.in(ANSWER_PATIENCE);
            }
        }
        int left = keeper.count(RunTable::live);
        if (left > 0) {
            LOG.warnf(
                    "%d runs have not ended in time, or the dispatcher does not answer: the next process finds them again",
                    left);
        }
    }

    /** Why no task can run here now, in words; empty when tasks can. */
    String trouble() {
        String obstacle = obstacle();
        return obstacle.isEmpty() ? connection.trouble() : obstacle;
    }

    /** Why the host or engine can start nothing now, in words; empty when it can. */
    private String obstacle() {
        return unfit.isEmpty() ? backend.trouble().orElse("") : unfit;
    }

    /** How the preflight went: {@code pending}, {@code failed} or {@code passed}. */
    String preflight() {
        String words = unfit;
        return words.isEmpty() ? "passed" : words.equals(UNKNOWN) ? "pending" : "failed";
    }

    /** What tasks run on, in words. */
    String engine() {
        return backend.description();
    }

    /** What an operator should know although tasks can run. */
    List<String> remarks() {
        return remarks;
    }

    Identity identity() {
        return identity;
    }

    /** How many runs have not ended. */
    int live() {
        return Optional.ofNullable(runs)
                .map(known -> known.count(RunTable::live))
                .orElse(0);
    }

    private void work() {
        boolean isFit = passesPreflight();
        Optional<List<Survivor>> survivors = survivors(isFit);
        while (!closed && survivors.isEmpty()) {
            closing.await(PREFLIGHT_INTERVAL);
            isFit = isFit || passesPreflight();
            survivors = survivors(isFit);
        }
        if (closed) {
            return;
        }
        if (isFit) {
            becomeFit();
        } else {
            Thread.ofVirtual().name("preflight").start(this::awaitPreflight);
        }
        report(survivors.orElseThrow());
    }

    private void awaitPreflight() {
        boolean isFit = false;
        while (!closed && !isFit) {
            repair.await(PREFLIGHT_INTERVAL);
            isFit = !closed && passesPreflight();
        }
        if (isFit) {
            LOG.info("tasks can run here now");
            becomeFit();
        }
    }

    private void becomeFit() {
        unfit = "";
        changed.wake();
    }

    private boolean passesPreflight() {
        try {
            List<String> found = backend.preflight();
            found.forEach(LOG::warn);
            remarks = found;
            return true;
        } catch (PreflightFailure e) {
            tellUnfit(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.error("the preflight failed unexpectedly, trying again", e);
            tellUnfit("the preflight failed: " + e);
        }
        return false;
    }

    /** @param isFit whether the preflight has passed: until then it may have to make what they are read with */
    private Optional<List<Survivor>> survivors(boolean isFit) {
        try {
            return closed ? Optional.empty() : Optional.of(backend.survivors());
        } catch (IOException | RuntimeException e) {
            if (isFit) {
                tellUnfit("what earlier processes left cannot be read: " + e);
            } else {
                LOG.debugf("what earlier processes left cannot be read before the preflight has passed: %s", e);
            }
            return Optional.empty();
        }
    }

    private void tellUnfit(String words) {
        if (!words.equals(unfit)) {
            LOG.errorf("no task can run here: %s", words);
            unfit = words;
        }
    }

    private void report(List<Survivor> survivors) {
        if (!survivors.isEmpty()) {
            LOG.infof("%d runs of earlier processes are here", survivors.size());
        }
        List<RunId> runsLeft = survivors.stream().map(Survivor::run).toList();
        RunTable table = new RunTable(backend.kind(), slots, identity.incarnation(), runsLeft, DROP_GRACE.toMillis());
        Runs keeper = new Runs(table, backend, dispatcher, metrics, clock, changed);
        runs = keeper;
        metrics.gauges(
                () -> keeper.count(RunTable::live),
                () -> keeper.count(RunTable::unacknowledged),
                () -> keeper.count(RunTable::strangers));
        SyncLoop exchange =
                new SyncLoop(identity.id(), keeper, dispatcher, metrics, changed, this::obstacle, connection);
        loop = exchange;
        if (closed) {
            return; // it was closed before it could be told
        }
        keeper.watch(survivors);
        exchange.run();
    }
}
