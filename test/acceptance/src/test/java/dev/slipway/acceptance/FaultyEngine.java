package dev.slipway.acceptance;

import static org.awaitility.Awaitility.await;

import dev.slipway.acceptance.FaultPlan.Fault;
import dev.slipway.testkit.DockerEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Tasks as containers of an engine of their own. Their journal is on this host: its directory is mounted at the same path in
 * every container.
 */
final class FaultyEngine implements FaultyBackend {
    private static final String TASK = "task:1";
    private static final String AGENT = "agent:1";
    private static final String EXECUTION = "dev.slipway.execution";

    /** How long to look for a container that runs: services or engine may be down or paused at first. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Path place;
    private final Agents agents;
    private final DockerEngine engine;
    private final boolean keepsContainers;

    /** Held by who ends the engine and starts it again. */
    private final ReentrantLock ending = new ReentrantLock();

    private final Set<String> removed = ConcurrentHashMap.newKeySet();
    private final Set<String> shaken = ConcurrentHashMap.newKeySet();

    /** @param keepsContainers whether the engine lets them live when it ends: its setting {@code live-restore} */
    FaultyEngine(Path directory, boolean keepsContainers) throws IOException {
        this.keepsContainers = keepsContainers;
        place = Files.createDirectory(directory.resolve("agents"));
        agents = new Agents(place);
        String[] options = keepsContainers ? new String[] {"--live-restore"} : new String[0];
        engine = DockerEngine.start(Files.createTempDirectory("sw-faults"), options);
        try {
            engine.makeImage(TASK, _ -> {});
            engine.makeBareImage(AGENT, root -> DockerEngine.script(root.resolve("entrypoint.sh"), "eval \"$PLAY\""));
        } catch (IOException | RuntimeException e) {
            engine.close();
            throw e;
        }
    }

    @Override
    public void configure(Slipway slipway, int slots) throws IOException {
        slipway.with("DOCKER_HOST", engine.host())
                .configureDocker(
                        "backend: {docker: {volumes: ['%s:%s']}}".formatted(place, place),
                        "max_concurrent_tasks: " + slots,
                        "slipway: {queue_limit: 1000, docker: {pull_policy: never, network: none}}");
    }

    @Override
    public Agents agents() {
        return agents;
    }

    @Override
    public Map<String, String> ofAssignment() {
        return Map.of("docker_image", TASK, "sidecar_image", AGENT);
    }

    @Override
    public Map<String, String> ofSubmission() {
        return Map.of("image", TASK);
    }

    @Override
    public void carryOut(Fault.OfBackend fault) throws Exception {
        switch (fault) {
            case Fault.KillEngine(long down) -> end(engine::kill, down);
            case Fault.RestartEngine() -> end(engine::stop, 0);
            case Fault.PauseEngine(long length) -> FaultyServices.halt(List.of(engine.process()), length);
            case Fault.RemoveContainer() -> removeContainer();
            case Fault.KillKeeper() -> throw new IllegalArgumentException("an engine has no " + fault);
        }
    }

    private interface End {
        void bring() throws IOException;
    }

    private void end(End end, long down) throws Exception {
        ending.lock();
        try {
            Instant begun = Instant.now();
            // An engine answers while it ends: what it ends may be told, and removed, before it is gone.
            try (ExecutorService ender = Executors.newVirtualThreadPerTaskExecutor()) {
                Future<?> ended = ender.submit(() -> {
                    end.bring();
                    return null;
                });
                do {
                    noteShaken(begun);
                } while (!ended.isDone());
                ended.get();
            }
            noteShaken(begun);
            FaultyServices.pause(down);
            engine.startAgain();
        } finally {
            ending.unlock();
        }
    }

    private void noteShaken(Instant begun) throws IOException {
        engine.containersOpenSince(begun).stream()
                .filter(labels -> labels.containsKey(EXECUTION))
                .forEach(labels -> shaken.add(labels.getOrDefault(EXECUTION, "")));
    }

    /** In vain if none runs for long. */
    private void removeContainer() {
        try {
            await("a container to run")
                    .atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> engine.docker(
                                    "ps",
                                    "--filter",
                                    "label=" + EXECUTION,
                                    "--format",
                                    "{{.ID}} {{.Label \"%s\"}}".formatted(EXECUTION))
                            .lines()
                            .findFirst()
                            .map(this::remove)
                            .orElse(false));
        } catch (ConditionTimeoutException e) {
            // the verdict counts those that were hit
        }
    }

    private boolean remove(String idAndExecution) {
        String[] words = idAndExecution.split(" ", 2);
        removed.add(words[1]);
        try {
            engine.docker("rm", "-f", words[0]);
        } catch (IOException e) {
            return false; // the engine was ended meanwhile
        }
        return true;
    }

    @Override
    public Map<Harm, Set<String>> harmed() {
        return Map.of(Harm.CONTAINER_REMOVED, Set.copyOf(removed), Harm.ENGINE_GONE, Set.copyOf(shaken));
    }

    /** The files of the sidecar may stay, and what says that they are there and used. */
    @Override
    public List<String> left() throws IOException {
        List<String> left = new ArrayList<>();
        engine.docker("ps", "-a", "--format", "{{.Names}} {{.Status}} {{.Labels}}")
                .lines()
                .forEach(container -> left.add("container " + container));
        List<String> volumes = engine.docker("volume", "ls", "--format", "{{.Name}} {{.Labels}}")
                .lines()
                .toList();
        volumes.stream()
                .filter(volume -> !volume.contains("dev.slipway.kind=sidecar"))
                .forEach(volume -> left.add("volume " + volume));
        long files = volumes.stream()
                .filter(volume -> volume.contains("dev.slipway.kind=sidecar-files"))
                .count();
        if (files > 1) {
            left.add(files + " volumes with the files of one sidecar");
        }
        return left;
    }

    @Override
    public List<String> remarks() {
        return List.of("the engine was started %s live-restore".formatted(keepsContainers ? "with" : "without"));
    }

    @Override
    public void close() throws IOException {
        engine.close();
    }
}
