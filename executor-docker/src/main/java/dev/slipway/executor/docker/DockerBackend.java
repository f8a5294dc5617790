package dev.slipway.executor.docker;

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
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.TaskSpec;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Runs tasks as containers of one Docker engine, which outlive the executor. */
final class DockerBackend implements Backend, Closeable {
    /** How often a run is looked at although nothing was heard of it. */
    private static final Duration LOOK = Duration.ofSeconds(5);

    /** The same while nothing can be heard. */
    private static final Duration LOOK_DEAF = Duration.ofMillis(500);

    private static final Duration KILL_PATIENCE = Duration.ofSeconds(10);
    private static final Duration CANCEL_PATIENCE = Duration.ofSeconds(60);
    private static final String FIRM = "SIGKILL";

    private final Owner owner;
    private final int slots;
    private final DockerConfig config;
    private final Discovery discovery;
    private final InstantSource clock;
    private final Engine.Patience patience;
    private final Map<RunId, RunHandle> handles = new ConcurrentHashMap<>();
    private volatile @Nullable Site site;

    /** @param slots how many runs there may be at once; 0: any number */
    DockerBackend(
            String executor,
            int slots,
            DockerConfig config,
            Discovery discovery,
            InstantSource clock,
            Engine.Patience patience) {
        this.owner = new Owner(executor, UUID.randomUUID().toString());
        this.slots = slots;
        this.config = config;
        this.discovery = discovery;
        this.clock = clock;
        this.patience = patience;
    }

    /** All that works with the engine, once it is found. */
    private record Site(
            Engine engine,
            String described,
            Claims claims,
            Revocation revocation,
            Sidecars sidecars,
            Launcher launcher,
            EventWatch events,
            Pulse pulse,
            Upkeep upkeep) {}

    @Override
    public BackendKind kind() {
        return BackendKind.DOCKER;
    }

    @Override
    public synchronized List<String> preflight() throws PreflightFailure {
        Site known = site;
        if (known != null) {
            return new Preflight(known.engine(), config).check();
        }
        EngineAddress address = discovery.find();
        Engine engine;
        try {
            engine = new Engine(address, slots, patience);
        } catch (IOException e) {
            throw new PreflightFailure(String.valueOf(e.getMessage()));
        }
        Preflight preflight = new Preflight(engine, config);
        List<String> remarks;
        try {
            remarks = preflight.check();
        } catch (PreflightFailure e) {
            closeQuietly(engine);
            throw e;
        }
        Claims claims = new Claims(engine, owner);
        Images images = new Images(engine, config, preflight.platform());
        Sidecars sidecars = new Sidecars(engine, images, owner, clock);
        Launcher launcher = new Launcher(engine, owner, config, claims, images, sidecars);
        EventWatch events = new EventWatch(
                engine,
                owner.executor(),
                labels -> Names.run(labels).map(handles::get).ifPresent(RunHandle::wake),
                () -> handles.values().forEach(RunHandle::wake));
        events.start();
        Pulse pulse = new Pulse(engine);
        pulse.start();
        Upkeep upkeep = new Upkeep(this::tidy);
        upkeep.start();
        site = new Site(
                engine,
                preflight.engine(),
                claims,
                new Revocation(engine, claims, owner),
                sidecars,
                launcher,
                events,
                pulse,
                upkeep);
        return remarks;
    }

    @Override
    public String description() {
        Site known = site;
        return known == null ? "" : known.described();
    }

    @Override
    public Optional<String> trouble() {
        Site known = site;
        return known == null || (known.events().isOpen() && known.pulse().isFelt())
                ? Optional.empty()
                : Optional.of(
                        "the Docker engine at %s does not answer: start it; running tasks are looked for when it is back"
                                .formatted(known.engine().address().uri()));
    }

    @Override
    public void start(RunId run, TaskSpec spec, Progress progress) throws StartFailure, IOException {
        RunHandle handle = handle(run);
        handle.starting.lock();
        try {
            if (engine().container(Names.container(run)).isPresent()
                    || site().claims().find(run).isPresent()) {
                return;
            }
            site().launcher().launch(run, spec, progress, handle);
        } catch (IOException | RuntimeException e) {
            handle.failedToStart();
            throw e;
        } finally {
            handle.starting.unlock();
        }
    }

    @Override
    public List<Survivor> survivors() throws IOException {
        Map<RunId, Optional<String>> found = new LinkedHashMap<>();
        for (Engine.Labelled container : engine().containers(Names.EXECUTOR, owner.executor())) {
            Optional<RunId> run = Names.run(container.labels())
                    .filter(named -> container.name().equals(Names.container(named)));
            if (run.isPresent()) {
                found.put(run.get(), Optional.ofNullable(container.labels().get(Names.TRACEPARENT)));
                if (container.state().equals("created")) {
                    abandon(run.get());
                }
            }
        }
        for (Engine.Labelled mark : engine().volumes(Names.EXECUTOR, owner.executor())) {
            Names.run(mark.labels())
                    .filter(named -> mark.name().equals(Names.claim(named)))
                    .ifPresent(named -> found.putIfAbsent(named, Optional.empty()));
        }
        engine().makeRoom(found.size());
        site().sidecars().sweep();
        List<Survivor> survivors = new ArrayList<>();
        found.forEach((run, traceparent) -> survivors.add(new Survivor(run, traceparent)));
        return List.copyOf(survivors);
    }

    @Override
    public Observed observe(RunId run, Duration patience) throws IOException {
        Deadline deadline = Deadline.in(patience);
        RunHandle handle = handle(run);
        while (true) {
            long changes = handle.changes();
            Observed observed = look(run, handle);
            if (observed instanceof Observed.Ended || deadline.isOver()) {
                return observed;
            }
            Duration pause = site().events().isOpen() ? LOOK : LOOK_DEAF;
            handle.await(
                    changes,
                    Math.min(pause.toNanos(), Math.max(1, deadline.left().toNanos())));
        }
    }

    private Observed look(RunId run, RunHandle handle) throws IOException {
        Optional<Observed.Ended> known = handle.ended();
        if (known.isPresent()) {
            return known.get();
        }
        Optional<String> step = handle.step();
        if (step.isPresent()) {
            return new Observed.Preparing(step.get());
        }
        Optional<ContainerState> container = engine().container(Names.container(run));
        if (container.isEmpty()) {
            return withoutContainer(run, handle);
        }
        ContainerState state = container.get();
        if (isGhost(state)) {
            return lose(handle);
        }
        if (state.isAlive()) {
            return new Observed.Running(state.beganAtMillis());
        }
        if (state.isOver()) {
            return settle(run, handle, state);
        }
        if (state.status().equals("created")) {
            if (state.isRefused()) {
                return handle.end(new Observed.Ended(Verdict.notStarted(state.error()), 0, clock.millis()));
            }
            if (owner.hasMade(state.labels())) {
                return new Observed.Preparing("starting");
            }
            abandon(run);
            return new Observed.Preparing("looking whether it has begun");
        }
        return withoutContainer(run, handle); // it is being removed
    }

    private Observed settle(RunId run, RunHandle handle, ContainerState state) throws IOException {
        handle.ending.lock();
        try {
            if (handle.ended().isPresent()) {
                return handle.ended().get();
            }
            boolean hasProgram = !Verdict.asksForProgram(state) || hasProgram(state);
            boolean isStopping = engine().volume(Names.stop(run)).isPresent();
            return handle.end(new Observed.Ended(
                    new Verdict(state, hasProgram, isStopping).ending(),
                    state.beganAtMillis(),
                    Math.max(state.finishedAtMillis(), state.beganAtMillis())));
        } finally {
            handle.ending.unlock();
        }
    }

    private boolean hasProgram(ContainerState state) throws IOException {
        for (String file : state.programFiles()) {
            if (engine().hasProgram(state.id(), file)) {
                return true;
            }
        }
        return false;
    }

    private Observed withoutContainer(RunId run, RunHandle handle) throws IOException {
        handle.ending.lock();
        try {
            Optional<Claims.Claim> claim = site().claims().find(run);
            if (claim.isEmpty()) {
                return new Observed.Ended(
                        Cause.EVIDENCE_GONE.lost("the Docker engine has no container and no mark of the run"), 0, 0);
            }
            if (handle.step().isPresent()
                    || engine().container(Names.container(run)).isPresent()) {
                return new Observed.Preparing("being started or removed");
            }
            return handle.end(new Observed.Ended(endingOf(run, claim.get()), 0, clock.millis()));
        } finally {
            handle.ending.unlock();
        }
    }

    private Ending endingOf(RunId run, Claims.Claim claim) throws IOException {
        String program = claim.labels().getOrDefault(Names.PROGRAM, "the agent");
        Claims.Purpose purpose = claim.purpose() == Claims.Purpose.START
                ? site().revocation()
                        .neverBegan(run, claim, Claims.Purpose.ABANDONED)
                        .orElse(Claims.Purpose.START)
                : claim.purpose();
        return switch (purpose) {
            case REVOKED -> Cause.STOPPED_BEFORE_START.notStarted("stopped before %s started".formatted(program));
            case ABANDONED ->
                Cause.START_INTERRUPTED.notStarted("the executor was interrupted before %s started".formatted(program));
            case START -> Cause.CONTAINER_GONE.lost("the container %s is gone".formatted(Names.container(run)));
        };
    }

    @Override
    public boolean revoke(RunId run) throws IOException {
        RunHandle handle = handle(run);
        handle.cancel();
        if (!handle.awaitPrepared(Deadline.in(CANCEL_PATIENCE))) {
            throw new IOException("the start of the run has not stopped yet");
        }
        return takeAway(run, handle, handle.hasFailedToStart() ? Claims.Purpose.ABANDONED : Claims.Purpose.REVOKED);
    }

    /** Of a container that an earlier process has made and not started, as far as can be seen. */
    private void abandon(RunId run) throws IOException {
        Optional<ContainerState> container = engine().container(Names.container(run));
        if (container.isPresent()
                && !owner.hasMade(container.get().labels())
                && !container.get().hasBegun()
                && !container.get().isRefused()) {
            takeAway(run, handle(run), Claims.Purpose.ABANDONED);
        }
    }

    private boolean takeAway(RunId run, RunHandle handle, Claims.Purpose purpose) throws IOException {
        handle.ending.lock();
        try {
            Revocation.Outcome outcome = site().revocation().takeAway(run, purpose, handle.isStartSent());
            if (outcome == Revocation.Outcome.UNKNOWN) {
                lose(handle);
            }
            return outcome == Revocation.Outcome.NEVER_BEGAN;
        } finally {
            handle.ending.unlock();
        }
    }

    /** Of a run whose end nobody will ever see: what the engine says of it is not what happened. */
    private Observed.Ended lose(RunHandle handle) {
        return handle.end(new Observed.Ended(
                Cause.KEEPER_KILLED.lost(
                        "the Docker engine was restarted while it was to start the task, and does not know whether it runs"),
                0,
                clock.millis()));
    }

    /** An engine that was ended over a start may take for running what has ended, and for ever: it did not start it itself. */
    private boolean isGhost(ContainerState container) throws IOException {
        return container.isAlive() && container.startedAtMillis() == 0 && !engine().hasProcesses(container.id());
    }

    @Override
    public boolean stop(RunId run, Duration grace) throws IOException {
        RunHandle handle = handle(run);
        if (handle.step().isPresent() && revoke(run)) {
            return true;
        }
        Optional<ContainerState> container = beginStop(run, handle);
        if (container.isEmpty()) {
            return true;
        }
        String id = container.get().id();
        if (!grace.isZero()) {
            kill(id, container.get().stopSignal());
            if (awaitEnd(run, handle, grace)) {
                return true;
            }
        }
        kill(id, FIRM);
        return awaitEnd(run, handle, KILL_PATIENCE);
    }

    /** @return the container, if it runs: that its end was wanted is then recorded */
    private Optional<ContainerState> beginStop(RunId run, RunHandle handle) throws IOException {
        handle.ending.lock();
        try {
            Optional<ContainerState> container =
                    engine().container(Names.container(run)).filter(ContainerState::isAlive);
            if (container.isPresent() && isGhost(container.get())) {
                return Optional.empty();
            }
            if (handle.ended().isEmpty() && container.isPresent()) {
                engine().createVolume(Names.stop(run), owner.labels(Names.MARK, run));
            }
            return container;
        } finally {
            handle.ending.unlock();
        }
    }

    private void kill(String id, String signal) throws IOException {
        try {
            if (engine().container(id)
                    .filter(state -> state.status().equals("paused"))
                    .isPresent()) {
                engine().unpause(id);
            }
            engine().kill(id, signal);
        } catch (EngineRefusal e) {
            if (!e.isConflict() && !e.isMissing()) {
                throw Engine.refused(e);
            }
        }
    }

    private boolean awaitEnd(RunId run, RunHandle handle, Duration patience) throws IOException {
        Deadline deadline = Deadline.in(patience);
        long changes = handle.changes();
        while (engine().container(Names.container(run))
                .filter(ContainerState::isAlive)
                .isPresent()) {
            if (deadline.isOver()) {
                return false;
            }
            handle.await(
                    changes,
                    Math.min(LOOK_DEAF.toNanos(), Math.max(1, deadline.left().toNanos())));
            changes = handle.changes();
        }
        return true;
    }

    @Override
    public LogSource logs(RunId run, String cursor) throws IOException {
        return engine().container(Names.container(run))
                .<LogSource>map(state -> new RunOutput(engine(), state.id(), cursor))
                .orElseGet(LogSource::none);
    }

    @Override
    public void forget(RunId run) throws IOException {
        Optional<ContainerState> container = engine().container(Names.container(run));
        boolean isGhost = container.isPresent() && isGhost(container.get());
        if (container.filter(ContainerState::isAlive).isPresent() && !isGhost) {
            throw new IOException("the run %s has not ended: its container cannot be removed".formatted(run));
        }
        // The container last: it alone says how the run ended, whoever is killed in between.
        removeMark(Names.stop(run));
        site().claims().remove(run);
        if (container.isPresent() && isGhost) {
            remove(() -> engine().removeWithForce(container.get().id()));
        } else if (container.isPresent() && config.cleanup()) {
            remove(() -> engine().remove(container.get().id()));
        } else if (container.isPresent()) {
            keep(run, container.get().id());
        }
        handles.remove(run);
    }

    private void removeMark(String volume) throws IOException {
        try {
            engine().removeVolume(volume);
        } catch (EngineRefusal e) {
            throw Engine.refused(e);
        }
    }

    private interface Removal {
        void perform() throws IOException, EngineRefusal;
    }

    private static void remove(Removal removal) throws IOException {
        try {
            removal.perform();
        } catch (EngineRefusal e) {
            if (!e.isMissing()) {
                throw Engine.refused(e);
            }
        }
    }

    private void keep(RunId run, String container) throws IOException {
        try {
            engine().rename(container, Names.kept(run));
        } catch (EngineRefusal e) {
            if (!e.isMissing()) {
                throw Engine.refused(e);
            }
        }
    }

    /** Removes what nobody needs any more. */
    void tidy() throws IOException {
        removeLate();
        site().sidecars().sweep();
        if (config.rules().keepSidecars().isPresent()) {
            site().sidecars().collect(config.rules().keepSidecars().get());
        }
    }

    /** The engine may finish what this process asked for only after that was given up and the run forgotten. */
    private void removeLate() throws IOException {
        for (Engine.Labelled container : engine().containers(Names.EXECUTOR, owner.executor())) {
            boolean isKept = container.name().endsWith(Names.KEPT);
            if (isLate(container, Names.RUN) && container.state().equals("created") && !isKept) {
                remove(() -> engine().remove(container.name()));
            }
        }
        for (Engine.Labelled mark : engine().volumes(Names.EXECUTOR, owner.executor())) {
            if (isLate(mark, Names.MARK)) {
                removeMark(mark.name());
            }
        }
    }

    private boolean isLate(Engine.Labelled thing, String kind) {
        return kind.equals(thing.labels().get(Names.KIND))
                && owner.hasMade(thing.labels())
                && Names.run(thing.labels())
                        .filter(run -> !handles.containsKey(run))
                        .isPresent();
    }

    /** Lets another process take over; the runs go on. */
    @Override
    public void close() throws IOException {
        Site known = site;
        if (known != null) {
            known.upkeep().close();
            known.pulse().close();
            known.events().close();
            known.engine().close();
        }
    }

    private static void closeQuietly(Engine engine) {
        try {
            engine.close();
        } catch (IOException e) {
            // it was not used yet
        }
    }

    private Site site() {
        Site known = site;
        if (known == null) {
            throw new IllegalStateException("the preflight has not passed");
        }
        return known;
    }

    private Engine engine() {
        return site().engine();
    }

    private RunHandle handle(RunId run) {
        return handles.computeIfAbsent(run, _ -> new RunHandle());
    }
}
