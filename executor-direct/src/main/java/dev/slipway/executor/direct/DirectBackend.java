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
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Runs tasks as processes of this host, each under a keeper in a session of its own, which outlives the executor. */
final class DirectBackend implements Backend, Closeable {
    private static final Logger LOG = Logger.getLogger(DirectBackend.class);

    /** A category of its own, so that an operator can turn it off. */
    private static final Logger OUTPUT = Logger.getLogger("dev.slipway.output");

    /** How long a keeper may take to claim the right to start. */
    private static final Duration CLAIM_PATIENCE = Duration.ofSeconds(10);

    /** How long processes that an agent left behind have to end politely. */
    private static final Duration LEFTOVER_GRACE = Duration.ofSeconds(2);

    /** How long to go on after the firm signal before the caller has to ask again. */
    private static final Duration KILL_PATIENCE = Duration.ofSeconds(10);

    /** E2BIG, as different JDKs tell it. */
    private static final Pattern TOO_LARGE = Pattern.compile("error[=:] ?7\\b");

    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration WATCH = Duration.ofSeconds(1);

    private final String executor;
    private final DirectConfig config;
    private final long maxBacklog;
    private final Host host;
    private final Keepers keepers;
    private final EvidenceStore store;
    private final Map<ExecutionKey, Handle> handles = new ConcurrentHashMap<>();
    private final HolePunch holePunch = new HolePunch();

    /** What this process holds of a run besides its evidence. */
    private static final class Handle {
        final ReentrantLock starting = new ReentrantLock();
        final ReentrantLock ending = new ReentrantLock();
        private @Nullable ProcessTree tree;
        private @Nullable Output output;
        private @Nullable Teardown teardown;
        private @Nullable OutputEcho echo;
        private volatile @Nullable Process keeper;

        synchronized ProcessTree tree(Evidence evidence) throws IOException {
            ProcessTree known = tree;
            if (known == null) {
                known = new ProcessTree(evidence.kept());
                tree = known;
            }
            return known;
        }

        synchronized OutputEcho echo(ExecutionKey key) {
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

        synchronized Output output(Evidence evidence, HolePunch holePunch, long maxBacklog) throws IOException {
            Output known = output;
            if (known == null) {
                known = new Output(evidence, holePunch, maxBacklog);
                output = known;
            }
            return known;
        }
    }

    DirectBackend(String executor, DirectConfig config) {
        this(executor, config, Output.MAX_BACKLOG);
    }

    /** @param maxBacklog how much undelivered output of a run is kept, in bytes */
    DirectBackend(String executor, DirectConfig config, long maxBacklog) {
        this.executor = executor;
        this.config = config;
        this.maxBacklog = maxBacklog;
        this.store = new EvidenceStore(config.evidenceRoot(), executor);
        this.host = new Host(executor, config);
        this.keepers = new Keepers(host);
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
        Handle handle = handle(run.key());
        handle.starting.lock();
        try {
            Optional<Evidence> existing = store.find(run.key());
            if (existing.isEmpty()) {
                launch(run, spec, progress, handle);
            } else if (!existing.get().meta().ledger().equals(run.ledger())) {
                throw new StartFailure(
                        FailureReason.UNKNOWN,
                        "this host still has the evidence of the same execution under another ledger (%s): bring that ledger back, or delete %s once its task has ended"
                                .formatted(
                                        existing.get().meta().ledger(),
                                        existing.get().directory()));
            } else if (handle.keeper == null) {
                abandonUnlessKept(existing.get());
            }
        } finally {
            handle.starting.unlock();
        }
    }

    @Override
    public List<Survivor> survivors() throws IOException {
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
        Handle handle = handle(run.key());
        while (true) {
            Optional<Evidence> found = store.find(run);
            if (found.isEmpty()) {
                return lost("no evidence of the run is left on this host; was the directory %s cleaned by hand?"
                        .formatted(store.root()));
            }
            Evidence evidence = found.get();
            if (evidence.claim() == Evidence.Claim.NOBODY
                    && (evidence.kept().isKeeperGone() || hasEndedUnseen(handle, evidence))) {
                evidence.revoke(Evidence.Claim.ABANDONED); // nobody is left who could start it
            }
            boolean isOver = evidence.isOver();
            if (isOver && settle(evidence, handle, deadline)) {
                return ended(evidence);
            }
            if (!isOver) {
                attend(evidence, handle);
            }
            if (deadline.isOver()) {
                return underWay(evidence);
            }
            pause(handle, evidence, isOver, deadline);
        }
    }

    /** A keeper of this process that ended before it recorded itself. */
    private static boolean hasEndedUnseen(Handle handle, Evidence evidence) throws IOException {
        Process keeper = handle.keeper;
        return keeper != null && !keeper.isAlive() && evidence.kept().keeper().isEmpty();
    }

    /** What a run that goes on needs of this process. */
    private void attend(Evidence evidence, Handle handle) throws IOException {
        if (evidence.wantsEnvironment()) {
            handle.starting.lock();
            try {
                if (evidence.wantsEnvironment()) {
                    Handover.perform(evidence, evidence.meta().site().orElseThrow());
                }
            } finally {
                handle.starting.unlock();
            }
        }
        handle.tree(evidence).watch();
        handle.output(evidence, holePunch, maxBacklog).trim();
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
        return evidence.revoke(Evidence.Claim.STOPPED);
    }

    @Override
    public boolean stop(RunId run, Duration grace) throws IOException {
        Optional<Evidence> found = store.find(run);
        if (found.isEmpty() || found.get().isSettled()) {
            return true;
        }
        Evidence evidence = found.get();
        Handle handle = handle(run.key());
        if (!tryLock(handle.ending, KILL_PATIENCE)) {
            return false;
        }
        try {
            if (evidence.isSettled()) {
                return true;
            }
            evidence.revoke(Evidence.Claim.STOPPED);
            if (isTearingDown(evidence, handle)) {
                return false; // its end is near: the teardown command has a limit
            }
            if (evidence.claim() == Evidence.Claim.KEEPER) {
                evidence.beginStop();
            }
            return handle.tree(evidence).end(grace, KILL_PATIENCE);
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
        Handle handle = handle(run.key());
        return new OutputReader(handle.output(evidence.get(), holePunch, maxBacklog), cursor, handle.echo(run.key()));
    }

    @Override
    public void forget(RunId run) throws IOException {
        Optional<Evidence> evidence = store.find(run);
        if (evidence.isPresent()) {
            if (evidence.get().hasBegun() && !evidence.get().isSettled()) {
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

    private void launch(RunId run, TaskSpec spec, Progress progress, Handle handle) throws StartFailure, IOException {
        progress.step("preparing the workspace");
        Workspace workspace = Workspace.of(spec, config);
        workspace.prepare();
        Site site = workspace.site(spec.taskId(), store.place(run.key()), config.cleanup());
        boolean launched = false;
        try {
            Evidence.Meta meta = meta(run, spec, site, workspace.isTornDown(config.cleanup()));
            TaskEnvironment environment = new TaskEnvironment(config, site, meta.mark());
            Invocation invocation = Invocation.of(
                    spec,
                    config,
                    site.directory(),
                    environment.agent(spec),
                    config.setupCommand().isEmpty());
            String shell = host.shellFor(invocation.env().keySet())
                    .orElseThrow(
                            () -> new StartFailure(
                                    FailureReason.AGENT_INVOCATION,
                                    "the task has environment variables with other characters than letters, digits and '_' in their names, and these need bash: install it"));
            Evidence evidence = store.create(meta, Proc.bootId());
            if (!evidence.meta().mark().equals(meta.mark())) {
                return; // revoked in the meantime
            }
            Process keeper = spawn(spec, environment, invocation, shell, evidence);
            handle.keeper = keeper;
            launched = hasBegun(keeper, evidence);
        } finally {
            if (!launched && site.removed()) {
                remove(site.directory());
            }
        }
    }

    private Process spawn(
            TaskSpec spec, TaskEnvironment environment, Invocation invocation, String shell, Evidence evidence)
            throws StartFailure, IOException {
        try {
            if (config.setupCommand().isEmpty()) {
                return keepers.start(shell, evidence.kept(), evidence.output(), invocation);
            }
            Map<String, SecretValue> more = new LinkedHashMap<>(environment.setup(spec, evidence.setupFile()));
            more.entrySet().removeAll(invocation.env().entrySet());
            return keepers.start(
                    shell,
                    evidence.kept(),
                    evidence.output(),
                    invocation,
                    config.setupCommand().get(),
                    more);
        } catch (IOException e) {
            store.delete(evidence);
            String cause = String.valueOf(e.getMessage());
            throw new StartFailure(
                    FailureReason.AGENT_INVOCATION,
                    TOO_LARGE.matcher(cause).find()
                            ? "arguments and environment together are larger than this host allows: pass large values in files"
                            : "no process could be started: " + cause);
        }
    }

    /** @return true also if that is not known: then the run is no more to be given up, and observing it tells */
    private boolean hasBegun(Process keeper, Evidence evidence) throws StartFailure {
        try {
            awaitBeginning(keeper, evidence);
        } catch (IOException e) {
            LOG.warnf("it is not known yet whether the run has begun: %s", e);
        }
        return true;
    }

    private void awaitBeginning(Process keeper, Evidence evidence) throws StartFailure, IOException {
        Deadline deadline = Deadline.in(CLAIM_PATIENCE);
        while (evidence.claim() == Evidence.Claim.NOBODY && !evidence.hasBegun()) {
            if (deadline.isOver()) {
                throw new IOException("the run's keeper (pid %d) has neither begun nor ended within %d s"
                        .formatted(keeper.pid(), CLAIM_PATIENCE.toSeconds()));
            }
            if (waitFor(keeper, Duration.ofMillis(5))
                    && !evidence.hasBegun()
                    && evidence.revoke(Evidence.Claim.ABANDONED)) {
                throw new StartFailure(
                        FailureReason.AGENT_INVOCATION,
                        "the shell that keeps the run ended before it could begin (code %d); is the disk of %s full?"
                                .formatted(keeper.exitValue(), store.root()));
            }
        }
    }

    /**
     * A keeper of this process that lost the right to start before it had recorded itself: nothing else would find it, and it
     * would begin in a workspace that is being removed.
     */
    private static boolean endsUnseenKeeper(Handle handle, Evidence evidence) throws IOException {
        Process keeper = handle.keeper;
        if (keeper == null || !keeper.isAlive() || evidence.kept().keeper().isPresent()) {
            return false;
        }
        keeper.destroyForcibly();
        return true;
    }

    /** Ends what the run left behind, and runs its teardown. Done once: later, its workspace may be another run's. */
    private boolean settle(Evidence evidence, Handle handle, Deadline deadline) throws IOException {
        if (evidence.isSettled()) {
            return true;
        }
        if (!tryLock(handle.ending, deadline.left())) {
            return false;
        }
        try {
            if (evidence.isSettled()) {
                return true;
            }
            if (endsUnseenKeeper(handle, evidence)) {
                return false;
            }
            if (!isTearingDown(evidence, handle) && !handle.tree(evidence).end(LEFTOVER_GRACE, KILL_PATIENCE)) {
                return false;
            }
            if (isTeardownDue(evidence) && !tearDown(evidence, handle)) {
                return false;
            }
            evidence.meta().site().filter(Site::removed).ifPresent(site -> remove(site.directory()));
            evidence.settle();
            return true;
        } finally {
            handle.ending.unlock();
        }
    }

    private boolean tearDown(Evidence evidence, Handle handle) throws IOException {
        Site site = evidence.meta().site().orElseThrow();
        String command = evidence.meta().teardown().orElseThrow();
        handle.output(evidence, holePunch, maxBacklog).trim();
        return handle.teardown(evidence)
                .proceed(
                        keepers,
                        host,
                        new TaskEnvironment(config, site, evidence.meta().mark()),
                        command);
    }

    private static boolean isTeardownDue(Evidence evidence) throws IOException {
        return evidence.meta().teardown().isPresent() && evidence.hasBegun();
    }

    private static boolean isTearingDown(Evidence evidence, Handle handle) throws IOException {
        return isTeardownDue(evidence) && handle.teardown(evidence).hasBegun();
    }

    private static Observed ended(Evidence evidence) throws IOException {
        long startedAt = evidence.claim() == Evidence.Claim.KEEPER ? evidence.startedAtMillis() : 0;
        return new Observed.Ended(Verdict.of(evidence).ending(), startedAt, evidence.endedAtMillis());
    }

    private Observed lost(String message) {
        return new Observed.Ended(new Ending.Lost(FailureReason.UNKNOWN, message), 0, 0);
    }

    private Evidence.Meta meta(RunId run, TaskSpec spec, Site site, boolean isTornDown) {
        return new Evidence.Meta(
                executor,
                run.ledger(),
                run.key().execution(),
                run.key().attempt(),
                spec.program() instanceof Program.Agent ? "the agent" : "the command",
                UUID.randomUUID().toString(),
                spec.traceparent(),
                Optional.of(site),
                config.setupCommand().isPresent(),
                config.teardownCommand().filter(_ -> isTornDown));
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

    private Handle handle(ExecutionKey key) {
        return handles.computeIfAbsent(key, _ -> new Handle());
    }

    /** Until the keeper ends, if that is all there is to wait for and this process started it; else for a moment. */
    private static void pause(Handle handle, Evidence evidence, boolean isOver, Deadline deadline) throws IOException {
        Process keeper = handle.keeper;
        boolean runs = !isOver && evidence.claim() == Evidence.Claim.KEEPER;
        if (runs && keeper != null && keeper.isAlive()) {
            waitFor(keeper, deadline.left().compareTo(WATCH) < 0 ? deadline.left() : WATCH);
        } else {
            deadline.pause(POLL);
        }
    }

    private static boolean waitFor(Process process, Duration patience) throws InterruptedIOException {
        try {
            return process.waitFor(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the keeper");
        }
    }

    private static boolean tryLock(ReentrantLock lock, Duration patience) throws InterruptedIOException {
        try {
            return lock.tryLock(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the end of the run");
        }
    }

    private static void remove(Path workspace) {
        try {
            Directories.delete(workspace);
        } catch (IOException e) {
            LOG.warnf("the workspace %s could not be removed, remove it by hand: %s", workspace, e);
        }
    }
}
