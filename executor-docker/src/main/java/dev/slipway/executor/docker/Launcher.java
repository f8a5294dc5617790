package dev.slipway.executor.docker;

import dev.slipway.executor.core.Progress;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.TaskSpec;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Starts runs: image, sidecars, container, claim, start. What comes before the claim can be done again by anybody; from the
 * claim on only the process that has made it may send the start, and it does so once.
 */
final class Launcher {
    private final Engine engine;
    private final Owner owner;
    private final DockerConfig config;
    private final Claims claims;
    private final Images images;
    private final Sidecars sidecars;

    Launcher(Engine engine, Owner owner, DockerConfig config, Claims claims, Images images, Sidecars sidecars) {
        this.engine = engine;
        this.owner = owner;
        this.config = config;
        this.claims = claims;
        this.images = images;
        this.sidecars = sidecars;
    }

    /**
     * Starts a run of which there is no container and no claim. If it returns, these tell what became of it.
     *
     * @throws StartFailure it never began and never will
     */
    void launch(RunId run, TaskSpec spec, Progress progress, RunHandle handle) throws StartFailure, IOException {
        Progress telling = step -> {
            handle.tell(step);
            progress.step(step);
        };
        try {
            handle.beginPreparing();
            String image = images.ofTask(spec.image().orElse(DockerConfig.DEFAULT_IMAGE), telling);
            List<Sidecars.Mounted> mounted = sidecars.provide(spec.container(), telling);
            telling.step("making the container");
            String container = create(run, spec, image, mounted);
            handle.goOn();
            claimAndStart(run, spec, container, handle, telling);
        } catch (InterruptedIOException e) {
            if (handle.isCancelled()) {
                throw stopped(spec);
            }
            throw e;
        } finally {
            handle.endPreparing();
        }
    }

    private String create(RunId run, TaskSpec spec, String image, List<Sidecars.Mounted> mounted)
            throws StartFailure, IOException {
        Map<String, String> labels = owner.labels(Names.RUN, run);
        labels.put(Names.PROGRAM, ContainerSpec.program(spec));
        spec.traceparent().ifPresent(trace -> labels.put(Names.TRACEPARENT, trace));
        ContainerSpec container = new ContainerSpec(
                spec, image, mounted.stream().map(Sidecars.Mounted::bind).toList(), labels, config);
        try {
            String id = engine.create(Names.container(run), container.body());
            checkSidecars(id, mounted);
            return id;
        } catch (EngineRefusal e) {
            if (e.isConflict()) {
                removeLeftOver(run);
                throw new IOException("a container of an earlier try was in the way: " + e.words(), e);
            }
            throw new StartFailure(
                    Verdict.isDiskFull(e.words()) ? Cause.ENGINE_DISK_FULL : Cause.CONTAINER_CREATE_FAILED,
                    "the engine does not make the container: " + e.words());
        }
    }

    /** A volume that was collected in the meantime is made anew by the engine, empty; the container holds it fast now. */
    private void checkSidecars(String container, List<Sidecars.Mounted> mounted) throws StartFailure, IOException {
        for (Sidecars.Mounted sidecar : mounted) {
            if (!sidecars.isFilled(sidecar)) {
                engine.remove(container);
                throw new StartFailure(
                        Cause.SIDECAR_FAILED,
                        "the files of the sidecar %s were removed as the task was about to use them"
                                .formatted(sidecar.image()));
            }
        }
    }

    /** The engine has made it only after the process that wanted it was gone. */
    private void removeLeftOver(RunId run) throws IOException {
        Optional<ContainerState> there = engine.container(Names.container(run));
        if (there.isPresent()
                && !owner.hasMade(there.get().labels())
                && !there.get().hasBegun()) {
            engine.remove(there.get().id());
        }
    }

    private void claimAndStart(RunId run, TaskSpec spec, String container, RunHandle handle, Progress progress)
            throws StartFailure, IOException {
        if (handle.isCancelled()) {
            engine.remove(container);
            throw stopped(spec);
        }
        Claims.Claim claim = claims.make(
                run,
                Claims.Purpose.START,
                Map.of(Names.PROGRAM, ContainerSpec.program(spec), Names.CONTAINER, container));
        if (claim.purpose() == Claims.Purpose.ABANDONED) {
            engine.remove(container);
            throw new StartFailure(
                    Cause.START_INTERRUPTED,
                    "a later process of this executor took %s for left behind".formatted(ContainerSpec.program(spec)));
        }
        if (claim.purpose() == Claims.Purpose.REVOKED) {
            engine.remove(container);
            throw stopped(spec);
        }
        if (!owner.hasMade(claim.labels())) {
            engine.remove(container);
            return; // another process has started it
        }
        progress.step("starting");
        handle.sendStart();
        try {
            engine.start(container);
        } catch (EngineRefusal e) {
            if (e.isFromBetween() || Verdict.isDoubtful(e.words())) {
                throw Engine.refused(e);
            }
            Optional<ContainerState> state = engine.container(container);
            if (state.isPresent() && !state.get().hasBegun()) {
                throw new StartFailure(
                        Verdict.startFailure(e.words()), "the container could not be started: " + e.words());
            }
        }
    }

    private static StartFailure stopped(TaskSpec spec) {
        return new StartFailure(
                Cause.STOPPED_BEFORE_START, "stopped before %s started".formatted(ContainerSpec.program(spec)));
    }
}
