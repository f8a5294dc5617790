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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

    /** Of a removal that the engine did not begin: somebody else has removed the container or does so, or it is away. */
    private static final List<String> REFUSALS =
            List.of("No such container", "is already in progress", "Cannot connect to the Docker daemon");

    private final Path place;
    private final Agents agents;
    private final DockerEngine engine;
    private final boolean keepsContainers;

    /** Held by who ends the engine and starts it again. */
    private final ReentrantLock ending = new ReentrantLock();

    private final Map<String, List<Harm>> harmed = new ConcurrentHashMap<>();
    private Optional<Slipway> slipway = Optional.empty();

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
        this.slipway = Optional.of(slipway);
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
            case Fault.KillEngine(long down) -> end(true, down);
            case Fault.RestartEngine() -> end(false, 0);
            case Fault.PauseEngine(long length) -> FaultyServices.halt(List.of(engine.process()), length);
            case Fault.RemoveContainer() -> removeContainer();
            case Fault.KillKeeper() -> throw new IllegalArgumentException("an engine has no " + fault);
        }
    }

    private void end(boolean isKilled, long down) throws Exception {
        ending.lock();
        try {
            int lines = agents.journal().size();
            Instant begun = Instant.now();
            Map<String, Shaken> shaken = new HashMap<>();
            for (Map.Entry<String, DockerEngine.Open> open : openSince(begun).entrySet()) {
                int recorded =
                        FaultPlan.outputUpTo(open.getKey(), open.getValue().output());
                shaken.put(open.getKey(), new Shaken(open.getValue().isRunning(), recorded));
            }
            // An engine answers while it ends: what it makes may run, and what it ends may be told and removed before
            // it is gone.
            try (ExecutorService ender = Executors.newVirtualThreadPerTaskExecutor()) {
                Future<?> ended = ender.submit(() -> {
                    if (isKilled) {
                        engine.kill();
                    } else {
                        engine.stop();
                    }
                    return null;
                });
                do {
                    openSince(begun).keySet().forEach(execution -> shaken.putIfAbsent(execution, Shaken.NEW));
                } while (!ended.isDone());
                ended.get();
            }
            openSince(begun).keySet().forEach(execution -> shaken.putIfAbsent(execution, Shaken.NEW));
            FaultyServices.pause(down);
            engine.startAgain();
            Meanwhile meanwhile = new Meanwhile(lines, agents.journal().size());
            shaken.forEach((execution, before) -> note(
                    execution,
                    new Harm.EngineEnded(
                            isKilled, keepsContainers, before.hadStarted(), before.recorded(), meanwhile)));
        } finally {
            ending.unlock();
        }
    }

    /** How far the engine had recorded a run just before it was ended. */
    private record Shaken(boolean hadStarted, int recorded) {
        /** Of a run whose container was not there. */
        static final Shaken NEW = new Shaken(false, 0);
    }

    /** By their executions. */
    private Map<String, DockerEngine.Open> openSince(Instant then) throws IOException {
        return engine.containersOpenSince(then).stream()
                .filter(open -> open.labels().containsKey(EXECUTION))
                .collect(Collectors.toMap(
                        open -> open.labels().getOrDefault(EXECUTION, ""), open -> open, (first, _) -> first));
    }

    private void note(String execution, Harm harm) {
        harmed.computeIfAbsent(execution, _ -> new CopyOnWriteArrayList<>()).add(harm);
    }

    /** In vain if none runs for long. */
    private void removeContainer() throws IOException {
        boolean isDone = false;
        while (!isDone) {
            Optional<String> found;
            try {
                found = await("a container to run")
                        .atMost(PATIENCE)
                        .ignoreExceptions()
                        .until(() -> running().findFirst(), Optional::isPresent);
            } catch (ConditionTimeoutException e) {
                return; // the verdict counts those that were hit
            }
            isDone = remove(found.orElseThrow());
        }
    }

    /** Their ids and executions. */
    private Stream<String> running() throws IOException {
        return engine.docker(
                        "ps",
                        "--no-trunc",
                        "--filter",
                        "label=" + EXECUTION,
                        "--format",
                        "{{.ID}} {{.Label \"%s\"}}".formatted(EXECUTION))
                .lines();
    }

    /** @return whether it was removed, as far as can be known */
    private boolean remove(String idAndExecution) throws IOException {
        String[] words = idAndExecution.split(" ", 2);
        int told = slipway.map(services -> services.outputSeen(words[1])).orElse(0);
        int lines = agents.journal().size();
        Removal removal = removal(words[0]);
        if (removal == Removal.REFUSED) {
            return false;
        }
        boolean isGone = removal == Removal.DONE || isMissing(words[0]);
        Meanwhile meanwhile = new Meanwhile(lines, agents.journal().size());
        note(words[1], new Harm.ContainerRemoved(isGone, told, meanwhile));
        return isGone;
    }

    /** What the engine made of it. */
    private enum Removal {
        DONE,
        /** It did nothing. */
        REFUSED,
        /** It was ended over it, or failed: the container may have been killed, and removed. */
        UNKNOWN
    }

    private Removal removal(String id) {
        try {
            boolean isDone = engine.docker("rm", "-f", id).lines().anyMatch(id::equals);
            return isDone ? Removal.DONE : Removal.REFUSED;
        } catch (IOException e) {
            String words = String.valueOf(e.getMessage());
            return REFUSALS.stream().anyMatch(words::contains) ? Removal.REFUSED : Removal.UNKNOWN;
        }
    }

    /** Asked until the engine is back. */
    private boolean isMissing(String id) {
        return await("the engine to tell whether the container is there")
                .atMost(Slipway.PATIENCE)
                .ignoreExceptions()
                .until(() -> engine.docker("ps", "-aq", "--no-trunc").lines().toList(), _ -> true)
                .stream()
                .noneMatch(id::equals);
    }

    @Override
    public Map<String, List<Harm>> harmed() {
        return Map.copyOf(harmed);
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
