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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Runs tasks as processes of this host, each under a keeper in a session of its own, which outlives the executor. */
final class DirectBackend implements Backend, Closeable {
    private static final Logger LOG = Logger.getLogger(DirectBackend.class);

    /** How long a keeper may take to claim the right to start. */
    private static final Duration CLAIM_PATIENCE = Duration.ofSeconds(10);

    /** How long processes that an agent left behind have to end politely. */
    private static final Duration LEFTOVER_GRACE = Duration.ofSeconds(2);

    /** How long to go on after the firm signal before the caller has to ask again. */
    private static final Duration KILL_PATIENCE = Duration.ofSeconds(10);

    private static final Duration ADOPTED_POLL = Duration.ofMillis(100);
    private static final Duration WATCH = Duration.ofSeconds(1);

    private final String executor;
    private final DirectConfig config;
    private final long maxBacklog;
    private final Host host;
    private final EvidenceStore store;
    private final Map<ExecutionKey, Handle> handles = new ConcurrentHashMap<>();
    private final HolePunch holePunch = new HolePunch();

    /** What this process holds of a run besides its evidence. */
    private static final class Handle {
        final ReentrantLock starting = new ReentrantLock();
        final ReentrantLock ending = new ReentrantLock();
        private @Nullable ProcessTree tree;
        private @Nullable Output output;
        private volatile @Nullable Process keeper;

        synchronized ProcessTree tree(Evidence evidence) throws IOException {
            ProcessTree known = tree;
            if (known == null) {
                known = new ProcessTree(evidence);
                tree = known;
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
                existing.get().revoke(Evidence.Claim.ABANDONED); // does nothing if its keeper has begun
            }
        } finally {
            handle.starting.unlock();
        }
    }

    @Override
    public List<Survivor> survivors() throws IOException {
        List<Survivor> survivors = new ArrayList<>();
        for (Evidence evidence : store.all()) {
            evidence.revoke(Evidence.Claim.ABANDONED);
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
            Evidence.Claim claim = evidence.claim();
            boolean over = switch (claim) {
                case NOBODY -> !evidence.isOfThisBoot();
                case KEEPER -> isOver(evidence);
                case STOPPED, ABANDONED -> true;
            };
            if (over && settle(evidence, handle, deadline)) {
                return ended(evidence, claim);
            }
            if (!over && claim == Evidence.Claim.KEEPER) {
                handle.tree(evidence).watch();
                handle.output(evidence, holePunch, maxBacklog).trim();
            }
            if (deadline.isOver()) {
                return claim == Evidence.Claim.NOBODY
                        ? new Observed.Preparing("starting")
                        : new Observed.Running(evidence.startedAtMillis());
            }
            pause(handle, deadline);
        }
    }

    @Override
    public boolean revoke(RunId run) throws IOException {
        Optional<Evidence> existing = store.find(run.key());
        if (existing.isPresent() && !existing.get().meta().ledger().equals(run.ledger())) {
            throw new IOException("another ledger's evidence of the same execution is in the way: "
                    + existing.get().directory());
        }
        Evidence evidence = existing.isPresent()
                ? existing.get()
                : store.create(meta(run, "the agent", Optional.empty(), Optional.empty()));
        return evidence.revoke(Evidence.Claim.STOPPED);
    }

    @Override
    public boolean stop(RunId run, Duration grace) throws IOException {
        Optional<Evidence> found = store.find(run);
        if (found.isEmpty() || found.get().isSettled()) {
            return true;
        }
        Evidence evidence = found.get();
        if (evidence.claim() != Evidence.Claim.KEEPER && evidence.revoke(Evidence.Claim.STOPPED)) {
            return true;
        }
        Handle handle = handle(run.key());
        if (!tryLock(handle.ending, KILL_PATIENCE)) {
            return false;
        }
        try {
            evidence.beginStop();
            return handle.tree(evidence).end(grace, KILL_PATIENCE);
        } finally {
            handle.ending.unlock();
        }
    }

    @Override
    public LogSource logs(RunId run, String cursor) throws IOException {
        Optional<Evidence> evidence = store.find(run);
        return evidence.isPresent()
                ? new OutputReader(handle(run.key()).output(evidence.get(), holePunch, maxBacklog), cursor)
                : LogSource.none();
    }

    @Override
    public void forget(RunId run) throws IOException {
        Optional<Evidence> evidence = store.find(run);
        if (evidence.isPresent()) {
            if (evidence.get().claim() == Evidence.Claim.KEEPER
                    && !evidence.get().isSettled()) {
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
        boolean launched = false;
        try {
            String program = spec.program() instanceof Program.Agent ? "the agent" : "the command";
            Evidence.Meta meta = meta(run, program, spec.traceparent(), workspace.removable(config.cleanup()));
            Invocation invocation =
                    Invocation.of(spec, config, workspace.directory(), store.place(run.key()), meta.mark());
            String shell = host.shellFor(invocation);
            Evidence evidence = store.create(meta);
            if (!evidence.meta().mark().equals(meta.mark())) {
                return; // revoked in the meantime
            }
            launched = spawn(invocation, shell, evidence, handle);
        } finally {
            if (!launched) {
                workspace.removable(config.cleanup()).ifPresent(DirectBackend::remove);
            }
        }
    }

    /** @return whether the workspace is the run's from now on; if not, the right to start was revoked */
    private boolean spawn(Invocation invocation, String shell, Evidence evidence, Handle handle)
            throws StartFailure, IOException {
        List<String> command = new ArrayList<>(List.of(host.setsid(), shell, host.keeperScript()));
        command.add(evidence.directory().toString());
        command.addAll(invocation.argv());
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(invocation.directory().toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(evidence.output().toFile()));
        builder.environment().clear();
        for (Map.Entry<String, SecretValue> variable : invocation.env().entrySet()) {
            builder.environment().put(variable.getKey(), variable.getValue().reveal());
        }
        Process keeper;
        try {
            keeper = builder.start();
        } catch (IOException e) {
            store.delete(evidence);
            String cause = String.valueOf(e.getMessage());
            throw new StartFailure(
                    FailureReason.AGENT_INVOCATION,
                    cause.contains("error=7,")
                            ? "arguments and environment together are larger than this host allows: pass large values in files"
                            : "no process could be started: " + cause);
        }
        handle.keeper = keeper;
        Deadline deadline = Deadline.in(CLAIM_PATIENCE);
        while (evidence.claim() == Evidence.Claim.NOBODY) {
            if (deadline.isOver()) {
                throw new IOException("the run's keeper (pid %d) has neither begun nor ended within %d s"
                        .formatted(keeper.pid(), CLAIM_PATIENCE.toSeconds()));
            }
            if (waitFor(keeper, Duration.ofMillis(5)) && evidence.revoke(Evidence.Claim.ABANDONED)) {
                throw new StartFailure(
                        FailureReason.AGENT_INVOCATION,
                        "the shell that keeps the run ended before it could begin (code %d); is the disk of %s full?"
                                .formatted(keeper.exitValue(), store.root()));
            }
        }
        return true;
    }

    private static boolean isOver(Evidence evidence) throws IOException {
        return !evidence.isOfThisBoot() // of which even the keeper's name may not have reached the disk
                || evidence.isSettled()
                || evidence.exitCode().isPresent()
                || (!evidence.isKeeperAlive() && evidence.keeper().isPresent());
    }

    /** Ends what the run left behind. Done once: later, its workspace may be another run's. */
    private boolean settle(Evidence evidence, Handle handle, Deadline deadline) throws IOException {
        if (evidence.isSettled()) {
            return true;
        }
        if (!tryLock(handle.ending, deadline.left())) {
            return false;
        }
        try {
            if (!handle.tree(evidence).end(LEFTOVER_GRACE, KILL_PATIENCE)) {
                return false;
            }
            evidence.meta().workspace().ifPresent(DirectBackend::remove);
            evidence.settle();
            return true;
        } finally {
            handle.ending.unlock();
        }
    }

    private Observed ended(Evidence evidence, Evidence.Claim claim) throws IOException {
        long endedAt = evidence.endedAtMillis();
        return switch (claim) {
            case NOBODY -> new Observed.Ended(ending(evidence), 0, endedAt);
            case STOPPED ->
                new Observed.Ended(
                        new Ending.NotStarted(
                                FailureReason.TASK_CANCELLED, "stopped before " + program(evidence) + " started"),
                        0,
                        endedAt);
            case ABANDONED ->
                new Observed.Ended(
                        new Ending.NotStarted(
                                FailureReason.UNKNOWN,
                                "the executor was interrupted before " + program(evidence) + " started"),
                        0,
                        endedAt);
            case KEEPER -> new Observed.Ended(ending(evidence), evidence.startedAtMillis(), endedAt);
        };
    }

    private static Ending ending(Evidence evidence) throws IOException {
        OptionalInt recorded = evidence.exitCode();
        if (recorded.isEmpty()) {
            return new Ending.Lost(
                    FailureReason.UNKNOWN,
                    evidence.isOfThisBoot()
                            ? "the shell that kept the run was killed before it could record how %s ended"
                                    .formatted(program(evidence))
                            : "the host was restarted while %s ran".formatted(program(evidence)));
        }
        int code = recorded.getAsInt();
        if (evidence.isUnstarted()) {
            return new Ending.NotStarted(
                    FailureReason.AGENT_INVOCATION,
                    program(evidence)
                            + (code == 127
                                    ? " could not be started: its file or the interpreter it names is missing"
                                    : " could not be started: its file is of no executable format, may not be executed, or its arguments are too large"));
        }
        if (code == 0) {
            return new Ending.Exited(0, FailureReason.UNKNOWN, "", evidence.isStopping());
        }
        String message = code > 128
                ? "%s was killed by signal %d (exit code %d)".formatted(program(evidence), code - 128, code)
                : "%s exited with code %d".formatted(program(evidence), code);
        return new Ending.Exited(code, FailureReason.AGENT_INVOCATION, message, evidence.isStopping());
    }

    private static String program(Evidence evidence) {
        return evidence.meta().program();
    }

    private Observed lost(String message) {
        return new Observed.Ended(new Ending.Lost(FailureReason.UNKNOWN, message), 0, 0);
    }

    private Evidence.Meta meta(RunId run, String program, Optional<String> traceparent, Optional<Path> workspace)
            throws IOException {
        return new Evidence.Meta(
                executor,
                run.ledger(),
                run.key().execution(),
                run.key().attempt(),
                program,
                UUID.randomUUID().toString(),
                Proc.bootId(),
                traceparent,
                workspace);
    }

    private Handle handle(ExecutionKey key) {
        return handles.computeIfAbsent(key, _ -> new Handle());
    }

    /** Until the keeper ends, if this process started it; else for a moment. */
    private static void pause(Handle handle, Deadline deadline) throws IOException {
        Process keeper = handle.keeper;
        if (keeper != null && keeper.isAlive()) {
            waitFor(keeper, deadline.left().compareTo(WATCH) < 0 ? deadline.left() : WATCH);
        } else {
            deadline.pause(ADOPTED_POLL);
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
