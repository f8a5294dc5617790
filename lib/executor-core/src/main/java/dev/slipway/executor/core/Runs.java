package dev.slipway.executor.core;

import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.Internal;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.SyncAnswer;
import dev.slipway.protocol.TaskSpec;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToIntFunction;

/** Guards the table and has its commands carried out. */
final class Runs implements RunWorker.Listener {
    private final RunTable table;
    private final Backend backend;
    private final Internal.ForExecutors dispatcher;
    private final Metrics metrics;
    private final Clock clock;
    private final Waiter changed;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<RunId, RunWorker> workers = new HashMap<>();
    private final Map<RunId, String> traces = new HashMap<>();
    private boolean closed;

    /** @param changed woken whenever there is something new to report */
    Runs(
            RunTable table,
            Backend backend,
            Internal.ForExecutors dispatcher,
            Metrics metrics,
            Clock clock,
            Waiter changed) {
        this.table = table;
        this.backend = backend;
        this.dispatcher = dispatcher;
        this.metrics = metrics;
        this.clock = clock;
        this.changed = changed;
    }

    /** Begins to watch what earlier processes left, of whatever ledger. */
    void watch(List<Survivor> survivors) {
        lock.lock();
        try {
            survivors.forEach(survivor -> {
                survivor.traceparent().ifPresent(traceparent -> traces.put(survivor.run(), traceparent));
                if (!closed) {
                    worker(survivor.run()).watchSurvivor();
                }
            });
        } finally {
            lock.unlock();
        }
    }

    /** @param obstacle why nothing can be started here now; empty: it can */
    ExecutorSync nextSync(String obstacle) {
        lock.lock();
        try {
            table.obstacle(obstacle);
            return table.nextSync(run -> {
                RunWorker worker = workers.get(run);
                return worker == null ? 0 : worker.silentMillis();
            });
        } finally {
            lock.unlock();
        }
    }

    /** Has the dispatcher told that the runs are to end. */
    void leave() {
        lock.lock();
        try {
            table.leave();
        } finally {
            lock.unlock();
        }
        changed.wake();
    }

    /** @return how many commands the answer gave rise to */
    int answered(long seq, SyncAnswer answer) {
        lock.lock();
        try {
            List<Command> commands = table.answered(seq, answer);
            commands.forEach(this::carryOut);
            return commands.size();
        } finally {
            lock.unlock();
        }
    }

    /** One of the table's counts. */
    int count(ToIntFunction<RunTable> what) {
        lock.lock();
        try {
            return what.applyAsInt(table);
        } finally {
            lock.unlock();
        }
    }

    /** Leaves the runs alone from now on: they go on without this process. */
    void close() {
        lock.lock();
        try {
            closed = true;
            workers.values().forEach(RunWorker::close);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void preparing(RunId run, String words) {
        boolean isNews;
        lock.lock();
        try {
            isNews = table.preparing(run, words);
        } finally {
            lock.unlock();
        }
        if (isNews) {
            changed.wake();
        }
    }

    @Override
    public void started(RunId run, long startedAtMillis) {
        lock.lock();
        try {
            table.started(run, startedAtMillis);
        } finally {
            lock.unlock();
        }
        changed.wake();
    }

    @Override
    public void ended(RunId run, Observed.Ended ended) {
        lock.lock();
        try {
            table.ended(run, ended.ending(), ended.startedAtMillis(), ended.endedAtMillis())
                    .forEach(this::carryOut);
        } finally {
            lock.unlock();
        }
        changed.wake();
    }

    @Override
    public void forgotten(RunId run) {
        boolean isNews;
        lock.lock();
        try {
            isNews = table.forgotten(run);
            workers.remove(run);
            traces.remove(run);
        } finally {
            lock.unlock();
        }
        if (isNews) {
            changed.wake();
        }
    }

    private void carryOut(Command command) {
        if (closed) {
            return;
        }
        boolean isWatched = workers.containsKey(command.run());
        if (command instanceof Command.Start start) {
            start.spec().traceparent().ifPresent(traceparent -> traces.put(start.run(), traceparent));
        }
        RunWorker worker = worker(command.run());
        switch (command) {
            case Command.Start start -> worker.start(withTraceparent(start.spec()));
            case Command.Adopt _ -> worker.adopt();
            case Command.Stop stop -> worker.stop(Duration.ofMillis(stop.graceMillis()), isWatched);
            case Command.Forget _ -> worker.forget();
        }
    }

    private RunWorker worker(RunId of) {
        return workers.computeIfAbsent(
                of, run -> new RunWorker(run, traces.getOrDefault(run, ""), backend, dispatcher, this, metrics, clock));
    }

    /** The agent joins the task's trace, unless the task brings a context of its own. */
    private static TaskSpec withTraceparent(TaskSpec spec) {
        if (spec.traceparent().isEmpty() || spec.env().containsKey("TRACEPARENT")) {
            return spec;
        }
        Map<String, SecretValue> env = new HashMap<>(spec.env());
        env.put("TRACEPARENT", SecretValue.of(spec.traceparent().get()));
        return spec.withEnv(env);
    }
}
