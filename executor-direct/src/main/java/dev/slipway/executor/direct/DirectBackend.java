package dev.slipway.executor.direct;

import dev.slipway.executor.core.Backend;
import dev.slipway.executor.core.Deadline;
import dev.slipway.executor.core.LogSource;
import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.PreflightFailure;
import dev.slipway.executor.core.Progress;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.executor.core.Survivor;
import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.TaskSpec;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Runs tasks as processes of this host, each under a keeper in a session of its own, which outlives the executor. */
final class DirectBackend implements Backend, Closeable {
    private final String executor;
    private final long maxBacklog;
    private final Host host;
    private final EvidenceStore store;
    private final Launcher launcher;
    private final Preparation preparation;
    private final Settlement settlement;
    private final Map<ExecutionKey, RunHandle> handles = new ConcurrentHashMap<>();
    private final HolePunch holePunch = new HolePunch();

    DirectBackend(String executor, DirectConfig config) {
        this(executor, config, Output.MAX_BACKLOG);
    }

    /** @param maxBacklog how much undelivered output of a run is kept, in bytes */
    DirectBackend(String executor, DirectConfig config, long maxBacklog) {
        this.executor = executor;
        this.maxBacklog = maxBacklog;
        this.store = new EvidenceStore(config.evidenceRoot(), executor);
        this.host = new Host(executor, config);
        Keepers keepers = new Keepers(host);
        this.settlement = new Settlement(config, host, keepers);
        this.launcher = new Launcher(executor, config, host, keepers, store, settlement);
        this.preparation = new Preparation(config.commands().setupLimit());
    }

    @Override
    public BackendKind kind() {
        return BackendKind.DIRECT;
    }

    @Override
    public List<String> preflight() throws PreflightFailure {
        return host.prepare();
    }

    @Override
    public void start(RunId run, TaskSpec spec, Progress progress) throws StartFailure, IOException {
        RunHandle handle = handle(run.key());
        handle.starting.lock();
        try {
            Optional<Evidence> existing = store.find(run.key());
            if (existing.isEmpty()) {
                launch(run, spec, progress, handle);
            } else if (!existing.get().meta().ledger().equals(run.ledger())) {
                throw new StartFailure(
                        Cause.EVIDENCE_IN_THE_WAY,
                        "this host still has the evidence of the same execution under ledger %s, in %s"
                                .formatted(
                                        existing.get().meta().ledger(),
                                        existing.get().directory()));
            } else if (!handle.isOurs()) {
                abandonUnlessKept(existing.get());
            }
        } finally {
            handle.starting.unlock();
        }
    }

    private void launch(RunId run, TaskSpec spec, Progress progress, RunHandle handle)
            throws StartFailure, IOException {
        try {
            launcher.launch(run, spec, progress, handle);
        } catch (IOException | RuntimeException e) {
            handle.failedToStart();
            throw e;
        }
    }

    @Override
    public List<Survivor> survivors() throws IOException {
        if (!host.isOurs()) {
            throw new IOException("another process may still run under this executor's id");
        }
        store.sweep();
        List<Survivor> survivors = new ArrayList<>();
        for (Evidence evidence : store.all()) {
            abandonUnlessKept(evidence);
            survivors.add(new Survivor(evidence.meta().run(), evidence.meta().traceparent()));
        }
        return List.copyOf(survivors);
    }

    @Override
    public Observed observe(RunId run, Duration patience) throws IOException {
        Deadline deadline = Deadline.in(patience);
        RunHandle handle = handle(run.key());
        while (true) {
            Optional<Evidence> found = store.find(run);
            if (found.isEmpty()) {
                return new Observed.Ended(
                        Cause.EVIDENCE_GONE.lost("no evidence of the run is left in " + store.root()), 0, 0);
            }
            Evidence evidence = found.get();
            if (evidence.claim() == Evidence.Claim.NOBODY
                    && (evidence.kept().isKeeperGone() || handle.hasEndedUnseen(evidence))) {
                evidence.revoke(Evidence.Claim.ABANDONED); // nobody is left who could start it
            }
            boolean isOver = evidence.isOver();
            if (isOver && settlement.settle(evidence, handle, deadline)) {
                return ended(evidence);
            }
            if (!isOver) {
                attend(evidence, handle);
            }
            if (deadline.isOver()) {
                return underWay(evidence);
            }
            handle.pause(evidence, isOver, deadline);
        }
    }

    /** What a run that goes on needs of this process. */
    private void attend(Evidence evidence, RunHandle handle) throws IOException {
        preparation.attend(evidence, handle);
        handle.tree(evidence).watch();
        handle.output(evidence).trim();
    }

    private static Observed underWay(Evidence evidence) throws IOException {
        if (evidence.claim() == Evidence.Claim.KEEPER) {
            return new Observed.Running(evidence.startedAtMillis());
        }
        return new Observed.Preparing(
                evidence.meta().hasSetup() && evidence.setupCode().isEmpty() ? "setup" : "starting");
    }

    @Override
    public boolean revoke(RunId run) throws IOException {
        Optional<Evidence> existing = store.find(run.key());
        if (existing.isPresent() && !existing.get().meta().ledger().equals(run.ledger())) {
            throw new IOException("another ledger's evidence of the same execution is in the way: "
                    + existing.get().directory());
        }
        Evidence evidence = existing.isPresent() ? existing.get() : store.create(revoked(run), Proc.bootId());
        return evidence.revoke(
                handle(run.key()).hasFailedToStart() ? Evidence.Claim.ABANDONED : Evidence.Claim.STOPPED);
    }

    @Override
    public boolean stop(RunId run, Duration grace) throws IOException {
        Optional<Evidence> found = store.find(run);
        if (found.isEmpty() || found.get().isSettled()) {
            return true;
        }
        Evidence evidence = found.get();
        RunHandle handle = handle(run.key());
        if (!handle.tryEnding(Settlement.KILL_PATIENCE)) {
            return false;
        }
        try {
            if (evidence.isSettled()) {
                return true;
            }
            evidence.revoke(Evidence.Claim.STOPPED);
            if (settlement.isTearingDown(evidence, handle)) {
                return false; // its end is near: the teardown command has a limit
            }
            if (evidence.claim() == Evidence.Claim.KEEPER) {
                evidence.beginStop();
            }
            return handle.tree(evidence).end(grace, Settlement.KILL_PATIENCE);
        } finally {
            handle.ending.unlock();
        }
    }

    @Override
    public LogSource logs(RunId run, String cursor) throws IOException {
        Optional<Evidence> evidence = store.find(run);
        if (evidence.isEmpty()) {
            return LogSource.none();
        }
        RunHandle handle = handle(run.key());
        return new OutputReader(handle.output(evidence.get()), cursor, handle.echo());
    }

    @Override
    public void forget(RunId run) throws IOException {
        Optional<Evidence> evidence = store.find(run);
        if (evidence.isPresent()) {
            if (!evidence.get().isSettled()) {
                throw new IOException("the run " + run + " has not ended: its evidence cannot be deleted");
            }
            store.delete(evidence.get());
        }
        handles.remove(run.key());
    }

    /** Lets another process take over; the runs go on. */
    @Override
    public void close() throws IOException {
        host.close();
    }

    private static Observed ended(Evidence evidence) throws IOException {
        long startedAt = evidence.claim() == Evidence.Claim.KEEPER ? evidence.startedAtMillis() : 0;
        return new Observed.Ended(RunEnding.of(evidence).ending(), startedAt, evidence.endedAtMillis());
    }

    /** Of a run that nobody has wanted to start yet. */
    private Evidence.Meta revoked(RunId run) {
        return new Evidence.Meta(
                executor,
                run.ledger(),
                run.key().execution(),
                run.key().attempt(),
                "the agent",
                UUID.randomUUID().toString(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty());
    }

    /** A keeper that has begun goes on by itself; one that has not must not begin any more. */
    private static void abandonUnlessKept(Evidence evidence) throws IOException {
        if (!evidence.kept().isKeeperAlive()) {
            evidence.revoke(Evidence.Claim.ABANDONED);
        }
    }

    private RunHandle handle(ExecutionKey key) {
        return handles.computeIfAbsent(key, _ -> new RunHandle(key, holePunch, maxBacklog));
    }
}
