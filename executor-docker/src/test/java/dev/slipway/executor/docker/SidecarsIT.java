package dev.slipway.executor.docker;

import static dev.slipway.executor.testkit.Watching.PATIENCE;
import static dev.slipway.executor.testkit.Watching.awaitEnd;
import static dev.slipway.executor.testkit.Watching.code;
import static dev.slipway.executor.testkit.Watching.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Container;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.settings.DockerRules;
import dev.slipway.testkit.DockerEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The files of sidecars' images, on a real engine. */
@ExtendWith(TestEngine.class)
class SidecarsIT {
    private static final String AGENT = "agent:1";
    private static final String TOOLS = "tools:1";
    private static final String LARGE = "large:1";
    private static final int LARGE_BYTES = 4 << 20;
    private static final String LEDGER = "5c1d9a53-55f0-4a39-9a4e-3f6c1c0a7a10";
    private static final String UNPACKING = "PUT /containers/[^/]+/archive";

    private final DockerEngine engine;
    private final List<DockerBackend> opened = new ArrayList<>();
    private final List<RunId> begun = new ArrayList<>();

    SidecarsIT(DockerEngine engine) {
        this.engine = engine;
    }

    @BeforeEach
    void makeImages() throws IOException {
        // Neither has a shell or tar: these are the task's own.
        engine.makeBareImage(
                AGENT,
                root -> DockerEngine.script(
                        root.resolve("entrypoint.sh"),
                        "echo agent \"$@\"",
                        "cat /tools/motd",
                        "echo x > /agent/x && exit 4",
                        "echo y > /scratch/y || exit 5",
                        "exit 7"));
        engine.makeBareImage(TOOLS, root -> Files.writeString(root.resolve("motd"), "tools\n"));
    }

    @AfterEach
    void leaveNothingBehind() throws Exception {
        if (!begun.isEmpty()) {
            TestEngine.endAll(opened.getFirst(), begun);
        }
        for (DockerBackend backend : opened) {
            backend.close();
        }
        try (Engine calls = calls()) {
            Sidecars sidecars =
                    sidecars(calls, "collector", InstantSource.offset(Clock.systemUTC(), Duration.ofDays(300)));
            sidecars.collect(Duration.ofDays(1));
        }
        assertThat(engine.docker("volume", "ls", "-q")).isEmpty();
        assertThat(engine.docker("ps", "-aq")).isEmpty();
    }

    @Test
    void anAgentFindsItsSidecarsAndMayWriteOnlyWhereItIsAllowed() throws Exception {
        DockerBackend backend = open("executor-3");
        RunId run = run("agent");

        backend.start(
                run,
                agent(new Container.Sidecar(TOOLS, "/tools", false), new Container.Sidecar(TOOLS, "/scratch", true)),
                _ -> {});

        assertThat(code(awaitEnd(backend, run))).isEqualTo(7);
        assertThat(output(backend, run)).contains("agent run --now\n", "tools\n", "Read-only file system");
    }

    @Test
    void twoExecutorsAndManyTasksFillASidecarOnce() throws Exception {
        List<DockerBackend> backends = List.of(open("executor-4"), open("executor-5"));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<RunId>> starts = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                DockerBackend backend = backends.get(i % 2);
                RunId run = run("many-" + i);
                starts.add(threads.submit(() -> {
                    backend.start(run, agent(new Container.Sidecar(TOOLS, "/tools", false)), _ -> {});
                    return run;
                }));
            }
            for (int i = 0; i < starts.size(); i++) {
                RunId run = starts.get(i).get();
                assertThat(code(awaitEnd(backends.get(i % 2), run))).isEqualTo(5);
                assertThat(output(backends.get(i % 2), run)).contains("tools\n");
            }
        }

        assertThat(volumes(Sidecars.FILES)).hasSize(2);
        assertThat(volumes(Sidecars.PUBLISHED)).hasSize(2);
        assertThat(fillers()).isEmpty();
    }

    @Test
    void aStopEndsTheUnpackingOfASidecarAtOnceAndLeavesNothing() throws Exception {
        makeLargeImage();
        RunId run = new RunId(LEDGER, new ExecutionKey("stopped", 1));
        try (SlowEngine slow = new SlowEngine(engine.socket(), UNPACKING);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                DockerBackend backend = backend(slow.host(), "executor-12")) {
            Future<StartFailure> start = threads.submit(() -> TestEngine.failedStart(backend, run, readsLarge()));
            await().atMost(PATIENCE).until(() -> slow.held() == 1);

            assertThat(backend.stop(run, Duration.ofSeconds(10))).isTrue();

            assertThat(start.get().ending().reason()).isEqualTo(FailureReason.TASK_CANCELLED);
            assertThat(awaitEnd(backend, run).ending())
                    .isInstanceOfSatisfying(
                            Ending.NotStarted.class,
                            never -> assertThat(never.reason()).isEqualTo(FailureReason.TASK_CANCELLED));
            backend.forget(run);
            slow.release();
            await().atMost(PATIENCE).until(() -> slow.let() == 1);
            backend.tidy();
        }
        assertThat(volumes(Sidecars.FILES)).isEmpty();
        assertThat(volumes(Names.MARK)).isEmpty();
        assertThat(engine.docker("ps", "-aq")).isEmpty();
    }

    @Test
    void whatAProcessLeftHalfFilledIsNeverUsedAndGoes() throws Exception {
        makeLargeImage();
        String half = leaveHalfFilled("executor-6");
        assertThat(fillers()).hasSize(2);

        DockerBackend other = open("executor-13");
        assertReadsLarge(other, "other");
        other.survivors();
        other.tidy();
        assertThat(volumes(Sidecars.FILES))
                .as("another executor may be filling it")
                .hasSize(2)
                .contains(half);
        DockerBackend next = open("executor-6");
        next.survivors();

        assertThat(fillers()).isEmpty();
        assertThat(volumes(Sidecars.FILES)).hasSize(1).doesNotContain(half);
        assertReadsLarge(next, "next");
    }

    @Test
    void whatAnExecutorThatDoesNotComeBackHasLeftHalfFilledGoesDaysLater() throws Exception {
        makeLargeImage();
        String half = leaveHalfFilled("executor-15");

        try (Engine calls = calls()) {
            sidecars(calls, "another", InstantSource.offset(Clock.systemUTC(), Duration.ofDays(1)))
                    .sweepUpAfterOthers();
            assertThat(volumes(Sidecars.FILES)).containsExactly(half);
            assertThat(fillers()).hasSize(2);

            sidecars(calls, "another", InstantSource.offset(Clock.systemUTC(), Duration.ofDays(3)))
                    .sweepUpAfterOthers();
        }

        assertThat(volumes(Sidecars.FILES)).isEmpty();
        assertThat(fillers()).isEmpty();
    }

    @Test
    void whatAProcessLeftHalfFilledIsFilledAnewByTheNextOne() throws Exception {
        makeLargeImage();
        String half = leaveHalfFilled("executor-14");

        DockerBackend next = open("executor-14");
        assertReadsLarge(next, "anew");
        next.tidy();

        assertThat(fillers()).isEmpty();
        assertThat(volumes(Sidecars.FILES)).hasSize(1).doesNotContain(half);
    }

    /** Enough for an engine to write some of it before it has all. */
    private void makeLargeImage() throws IOException {
        engine.makeBareImage(LARGE, root -> {
            Files.writeString(root.resolve("a-first"), "first\n");
            Files.write(root.resolve("b-large"), new byte[LARGE_BYTES]);
            Files.writeString(root.resolve("z-last"), "last\n");
        });
    }

    /**
     * By a process that is gone in the midst of it.
     *
     * @return the volume
     */
    private String leaveHalfFilled(String executor) throws Exception {
        try (SlowEngine slow = new SlowEngine(engine.socket(), UNPACKING, LARGE_BYTES / 2);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                DockerBackend killed = backend(slow.host(), executor)) {
            Future<?> start = threads.submit(() -> {
                killed.start(new RunId(LEDGER, new ExecutionKey("killed", 1)), readsLarge(), _ -> {});
                return null;
            });
            await().atMost(PATIENCE).until(() -> slow.held() == 1);
            String volume = volumes(Sidecars.FILES).getFirst();
            await().atMost(PATIENCE).until(() -> files(volume).contains("b-large"));
            slow.cut();
            assertThatThrownBy(start::get).hasCauseInstanceOf(IOException.class);
            assertThat(files(volume)).contains("a-first").doesNotContain("z-last");
            return volume;
        }
    }

    private List<String> files(String volume) throws IOException {
        Path place = Path.of(engine.docker("volume", "inspect", "--format", "{{.Mountpoint}}", volume));
        try (Stream<Path> files = Files.list(place)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static TaskSpec readsLarge() {
        return TestEngine.in(
                new Container(
                        Optional.empty(),
                        List.of(new Container.Sidecar(LARGE, "/large", false)),
                        Container.plain().shape()),
                TestEngine.task("wc -c < /large/b-large; cat /large/a-first /large/z-last"));
    }

    private void assertReadsLarge(DockerBackend backend, String execution) throws Exception {
        RunId run = run(execution);
        backend.start(run, readsLarge(), _ -> {});
        assertThat(code(awaitEnd(backend, run))).isZero();
        assertThat(output(backend, run)).isEqualTo(LARGE_BYTES + "\nfirst\nlast\n");
    }

    @Test
    void filesThatSomebodyRemovedAreUnpackedAgain() throws Exception {
        DockerBackend backend = open("executor-7");
        unpack(backend, "first");
        engine.docker("volume", "rm", volumes(Sidecars.FILES).getFirst());

        RunId second = run("second");
        backend.start(second, agent(), _ -> {});

        assertThat(output(backend, second)).doesNotContain("not found");
        awaitEnd(backend, second);
        assertThat(output(backend, second)).contains("agent run --now");
    }

    @Test
    void filesThatWereRemovedAsATaskWasAboutToUseThemAreUnpackedAgain() throws Exception {
        DockerBackend backend = open("executor-10");
        unpack(backend, "unlucky-first");
        String files = volumes(Sidecars.FILES).getFirst();
        RunId unlucky = run("unlucky");
        assertThatThrownBy(() -> backend.start(unlucky, agent(), step -> removeWhen(step, files)))
                .isInstanceOfSatisfying(
                        StartFailure.class,
                        failure -> assertThat(failure.ending().isTransient()).isTrue());

        RunId next = run("unlucky-next");
        backend.start(next, agent(), _ -> {});

        awaitEnd(backend, next);
        assertThat(output(backend, next)).contains("agent run --now");
        assertThat(engine.docker("volume", "ls", "-q", "--filter", "name=" + files))
                .isEmpty();
    }

    /** By a task that has ended. */
    private void unpack(DockerBackend backend, String execution) throws Exception {
        RunId run = run(execution);
        backend.start(run, agent(), _ -> {});
        awaitEnd(backend, run);
        backend.forget(run);
    }

    private void removeWhen(String step, String volume) {
        if (step.equals("making the container")) {
            try {
                engine.docker("volume", "rm", volume);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void whatWasBegunAndGivenUpInThisProcessIsSweptUpAsWell() throws Exception {
        try (Engine calls = calls()) {
            Sidecars sidecars = sidecars(calls, "executor-11", Clock.systemUTC());
            Owner own = new Owner("executor-11", "now");
            calls.createVolume("late", own.labels(Sidecars.FILES));
            ObjectNode filler = EngineConnection.JSON.createObjectNode().put("Image", TestEngine.IMAGE);
            filler.putArray("Cmd").add("true");
            filler.set("Labels", EngineConnection.JSON.valueToTree(own.labels(Sidecars.FILLER)));
            calls.create("late", filler);

            sidecars.sweep();
        }

        assertThat(volumes(Sidecars.FILES)).isEmpty();
        assertThat(engine.docker("ps", "-aq", "--filter", "name=late")).isEmpty();
    }

    @Test
    void filesThatAreUsedAreNotCollectedNorRightAfterALongTask() throws Exception {
        DockerBackend backend = open("executor-8");
        RunId run = run("using");
        backend.start(run, agent(), _ -> {});
        awaitEnd(backend, run);
        try (Engine calls = calls()) {
            collectAfter(calls, 100);
            assertThat(volumes(Sidecars.FILES)).as("a container has them").hasSize(1);
            begun.remove(run);
            backend.forget(run);

            collectAfter(calls, 110);
            assertThat(volumes(Sidecars.FILES))
                    .as("they were used ten days ago")
                    .hasSize(1);
            assertThat(volumes(Sidecars.PUBLISHED)).hasSize(1);

            collectAfter(calls, 120);
            assertThat(volumes(Sidecars.FILES)).as("nobody has used them since").isEmpty();
            assertThat(volumes(Sidecars.PUBLISHED)).isEmpty();
        }
    }

    private static void collectAfter(Engine calls, int days) throws IOException {
        sidecars(calls, "collector", InstantSource.offset(Clock.systemUTC(), Duration.ofDays(days)))
                .collect(Duration.ofDays(14));
    }

    @Test
    void sidecarsThatCannotBeMountedAreRefused() throws Exception {
        DockerBackend backend = open("executor-9");
        for (Container.Sidecar wrong : List.of(
                new Container.Sidecar("", "/tools", false),
                new Container.Sidecar(TOOLS, "", false),
                new Container.Sidecar(TOOLS, "tools", false),
                new Container.Sidecar(TOOLS, "/agent/", false),
                new Container.Sidecar("none:1", "/none", false))) {
            RunId run = new RunId("ledger", new ExecutionKey("wrong", 1));
            assertThatThrownBy(() -> backend.start(run, agent(wrong), _ -> {}))
                    .isInstanceOfSatisfying(
                            StartFailure.class,
                            failure -> assertThat(failure.ending().reason()).isEqualTo(FailureReason.SIDECAR_PREP));
        }
    }

    private List<String> fillers() throws IOException {
        return engine.docker("ps", "-aq", "--filter", "label=" + Names.KIND + "=" + Sidecars.FILLER)
                .lines()
                .toList();
    }

    private List<String> volumes(String kind) throws IOException {
        return engine.docker("volume", "ls", "-q", "--filter", "label=" + Names.KIND + "=" + kind)
                .lines()
                .toList();
    }

    private static TaskSpec agent(Container.Sidecar... further) {
        return new TaskSpec(
                "task",
                new Program.Agent(List.of("run", "--now"), Optional.empty()),
                Optional.of(TestEngine.IMAGE),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                new Container(
                        Optional.of(AGENT), List.of(further), Container.plain().shape()));
    }

    private DockerBackend open(String executor) throws Exception {
        DockerBackend backend = backend(engine.host(), executor);
        opened.add(backend);
        return backend;
    }

    private static DockerBackend backend(String host, String executor) throws Exception {
        DockerConfig config = TestEngine.config(TestEngine.rules(DockerRules.PullPolicy.NEVER));
        return TestEngine.backend(host, executor, 0, config, Engine.Patience.USUAL);
    }

    private RunId run(String execution) {
        RunId run = new RunId(LEDGER, new ExecutionKey(execution, 1));
        begun.add(run);
        return run;
    }

    private Engine calls() throws Exception {
        return new Engine(new Discovery(Map.of("DOCKER_HOST", engine.host())).find(), 0, Engine.Patience.USUAL);
    }

    private static Sidecars sidecars(Engine calls, String executor, InstantSource clock) {
        return new Sidecars(
                calls,
                new Images(calls, TestEngine.config(TestEngine.localImages()), "linux/amd64"),
                new Owner(executor, "now"),
                clock);
    }
}
