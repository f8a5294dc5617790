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
import dev.slipway.protocol.TaskSpec;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Runs tasks as containers of one Docker engine, which outlive the executor. */
final class DockerBackend implements Backend, Closeable {
    private static final Logger LOG = Logger.getLogger(DockerBackend.class);

    /** How often a run is looked at although nothing was heard of it. */
    private static final Duration LOOK = Duration.ofSeconds(5);

    /** The same while nothing can be heard. */
    private static final Duration LOOK_DEAF = Duration.ofMillis(500);

    private static final Duration UPKEEP = Duration.ofHours(1);
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
            Inquiry inquiry,
            Sidecars sidecars,
            Launcher launcher,
            EventWatch events,
            Pulse pulse,
            List<Routine> routines) {}

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
        List<Routine> routines =
                List.of(new Routine("pulse", Pulse.INTERVAL, pulse::feel), new Routine("upkeep", UPKEEP, this::keepUp));
        routines.forEach(Routine::start);
        site = new Site(
                engine,
                preflight.engine(),
                claims,
                new Inquiry(engine, owner, claims, clock),
                sidecars,
                launcher,
                events,
                pulse,
                routines);
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
                    site().inquiry().abandon(run.get(), handle(run.get()));
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
            Observed observed = site().inquiry().look(run, handle);
            if (observed instanceof Observed.Ended || deadline.isOver()) {
                return observed;
            }
            Duration pause = site().events().isOpen() ? LOOK : LOOK_DEAF;
            handle.await(
                    changes,
                    Math.min(pause.toNanos(), Math.max(1, deadline.left().toNanos())));
        }
    }

    @Override
    public boolean revoke(RunId run) throws IOException {
        RunHandle handle = handle(run);
        handle.cancel();
        if (!handle.awaitPrepared(Deadline.in(CANCEL_PATIENCE))) {
            throw new IOException("the start of the run has not stopped yet");
        }
        return site().inquiry()
                .takeAway(run, handle, handle.hasFailedToStart() ? Claims.Purpose.ABANDONED : Claims.Purpose.REVOKED);
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
            if (container.isPresent() && site().inquiry().isGhost(container.get())) {
                return Optional.empty();
            }
            if (handle.ended().isEmpty() && container.isPresent()) {
                site().claims().markStopping(run);
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
        boolean isGhost = container.isPresent() && site().inquiry().isGhost(container.get());
        if (container.filter(ContainerState::isAlive).isPresent() && !isGhost) {
            throw new IOException("the run %s has not ended: its container cannot be removed".formatted(run));
        }
        // The container last: it alone says how the run ended, whoever is killed in between.
        site().claims().remove(run);
        if (container.isPresent()) {
            clear(run, container.get().id(), isGhost);
        }
        handles.remove(run);
    }

    private void clear(RunId run, String container, boolean isGhost) throws IOException {
        if (isGhost) {
            engine().removeWithForce(container);
        } else if (config.cleanup()) {
            engine().remove(container);
        } else {
            engine().rename(container, Names.kept(run));
        }
    }

    private void keepUp() throws InterruptedIOException {
        try {
            tidy();
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            LOG.warnf("what is not used any more at the Docker engine stays for now: %s", e);
        }
    }

    /** Removes what nobody needs any more. */
    void tidy() throws IOException {
        removeLate();
        site().sidecars().sweep();
        site().sidecars().sweepUpAfterOthers();
        if (config.rules().keepSidecars().isPresent()) {
            site().sidecars().collect(config.rules().keepSidecars().get());
        }
    }

    /** The engine may finish what this process asked for only after that was given up and the run forgotten. */
    private void removeLate() throws IOException {
        for (Engine.Labelled container : engine().containers(Names.EXECUTOR, owner.executor())) {
            boolean isKept = container.name().endsWith(Names.KEPT);
            if (isLate(container, Names.RUN) && container.state().equals("created") && !isKept) {
                engine().remove(container.name());
            }
        }
        for (Engine.Labelled mark : engine().volumes(Names.EXECUTOR, owner.executor())) {
            if (isLate(mark, Names.MARK)) {
                engine().removeVolume(mark.name());
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
            known.routines().forEach(Routine::close);
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
