package dev.slipway.executor.docker;

import static dev.slipway.executor.testkit.Watching.awaitEnd;
import static dev.slipway.executor.testkit.Watching.code;
import static dev.slipway.executor.testkit.Watching.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Container;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.settings.DockerRules;
import dev.slipway.testkit.DockerEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The files of sidecars' images, on a real engine. */
@ExtendWith(TestEngine.class)
class SidecarsIT {
    private static final String AGENT = "agent:1";
    private static final String TOOLS = "tools:1";

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
        for (RunId run : begun) {
            DockerBackend backend = opened.getFirst();
            backend.stop(run, Duration.ZERO);
            awaitEnd(backend, run);
            backend.forget(run);
        }
        for (DockerBackend backend : opened) {
            backend.close();
        }
        try (Engine calls = calls()) {
            Sidecars sidecars =
                    sidecars(calls, "collector", InstantSource.offset(Clock.systemUTC(), Duration.ofDays(100)));
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
        assertThat(engine.docker("ps", "-aq", "--filter", "label=" + Names.KIND + "=" + Sidecars.FILLER))
                .isEmpty();
    }

    @Test
    void whatAProcessLeftHalfFilledIsNeverUsedAndGoes() throws Exception {
        engine.docker(
                "volume",
                "create",
                "--label",
                Names.KIND + "=" + Sidecars.FILES,
                "--label",
                Names.EXECUTOR + "=executor-6",
                "--label",
                Names.INCARNATION + "=gone",
                "agent-half");
        engine.docker(
                "create",
                "--name",
                "half",
                "--label",
                Names.KIND + "=" + Sidecars.FILLER,
                "--label",
                Names.EXECUTOR + "=executor-6",
                "--label",
                Names.INCARNATION + "=gone",
                "-v",
                "agent-half:/x",
                TestEngine.IMAGE,
                "true");

        open("executor-6").survivors();

        assertThat(volumes(Sidecars.FILES)).isEmpty();
        assertThat(engine.docker("ps", "-aq", "--filter", "name=half")).isEmpty();
    }

    @Test
    void filesThatSomebodyRemovedAreUnpackedAgain() throws Exception {
        DockerBackend backend = open("executor-7");
        RunId first = run("first");
        backend.start(first, agent(), _ -> {});
        awaitEnd(backend, first);
        backend.forget(first);
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
        RunId first = run("unlucky-first");
        backend.start(first, agent(), _ -> {});
        awaitEnd(backend, first);
        backend.forget(first);
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
            for (String kind : List.of(Sidecars.FILES, Sidecars.FILLER)) {
                String label = Names.KIND + "=" + kind;
                String own = Names.EXECUTOR + "=executor-11";
                String now = Names.INCARNATION + "=now";
                if (kind.equals(Sidecars.FILES)) {
                    engine.docker("volume", "create", "--label", label, "--label", own, "--label", now, "late");
                } else {
                    engine.docker(
                            "create", "--name", "late", "--label", label, "--label", own, "--label", now, "busy:1",
                            "true");
                }
            }

            sidecars.sweep();
        }

        assertThat(volumes(Sidecars.FILES)).isEmpty();
        assertThat(engine.docker("ps", "-aq", "--filter", "name=late")).isEmpty();
    }

    @Test
    void filesThatAreUsedAreNotCollected() throws Exception {
        DockerBackend backend = open("executor-8");
        RunId run = run("using");
        backend.start(run, agent(), _ -> {});
        awaitEnd(backend, run);
        try (Engine calls = calls()) {
            sidecars(calls, "collector", InstantSource.offset(Clock.systemUTC(), Duration.ofDays(100)))
                    .collect(Duration.ofDays(14));
        }

        assertThat(volumes(Sidecars.FILES)).hasSize(1);
        assertThat(volumes(Sidecars.PUBLISHED)).hasSize(1);
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
        DockerBackend backend =
                TestEngine.backend(engine, executor, TestEngine.config(TestEngine.rules(DockerRules.PullPolicy.NEVER)));
        opened.add(backend);
        return backend;
    }

    private RunId run(String execution) {
        RunId run = new RunId("5c1d9a53-55f0-4a39-9a4e-3f6c1c0a7a10", new ExecutionKey(execution, 1));
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
