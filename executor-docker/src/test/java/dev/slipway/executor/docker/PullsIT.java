package dev.slipway.executor.docker;

import static dev.slipway.executor.testkit.Watching.awaitEnd;
import static dev.slipway.executor.testkit.Watching.code;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.executor.testkit.Watching;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.settings.DockerRules;
import dev.slipway.testkit.DockerEngine;
import dev.slipway.testkit.DockerRegistry;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Pulls from a real registry that wants a password. */
@ExtendWith(TestEngine.class)
class PullsIT {
    private final DockerEngine engine;
    private final List<DockerBackend> opened = new ArrayList<>();
    private final List<RunId> begun = new ArrayList<>();

    @TempDir
    private Path directory;

    PullsIT(DockerEngine engine) {
        this.engine = engine;
    }

    @AfterEach
    void leaveNothingBehind() throws Exception {
        if (!begun.isEmpty()) {
            TestEngine.endAll(opened.getFirst(), begun);
        }
        for (DockerBackend backend : opened) {
            backend.close();
        }
    }

    @Test
    void aPrivateImageIsPulledWithCredentialsAndFailsInWordsWithout() throws Exception {
        assumeTrue(
                DockerRegistry.obstacle().isEmpty(),
                () -> "no private registry was tried: "
                        + DockerRegistry.obstacle().orElse(""));
        try (DockerRegistry registry = DockerRegistry.start(directory.resolve("registry"))) {
            Path login = Files.createDirectories(directory.resolve("login"));
            Files.writeString(login.resolve("config.json"), registry.clientConfig());
            String image = registry.host() + "/private:1";
            engine.docker("tag", TestEngine.IMAGE, image);
            engine.docker("--config", login.toString(), "push", image);
            engine.docker("rmi", image);

            DockerBackend stranger = open(Map.of(), Duration.ofMinutes(1));
            assertThatThrownBy(() -> stranger.start(run("denied"), task(image), _ -> {}))
                    .isInstanceOfSatisfying(StartFailure.class, failure -> {
                        assertThat(failure.ending().reason()).isEqualTo(FailureReason.IMAGE_PULL);
                        assertThat(failure.ending().isTransient()).isFalse();
                        assertThat(failure.getMessage()).contains(image, "docker login");
                    });
            begun.clear();

            DockerBackend known = open(Map.of("DOCKER_CONFIG", login.toString()), Duration.ofMinutes(1));
            assertThatThrownBy(() -> known.start(run("missing"), task(registry.host() + "/private:2"), _ -> {}))
                    .hasMessageContaining("correct the image's name")
                    .hasMessageNotContaining("canary");
            begun.clear();
            ConcurrentLinkedQueue<String> steps = new ConcurrentLinkedQueue<>();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<?>> starts = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    RunId run = run("granted-" + i);
                    starts.add(threads.submit(() -> {
                        known.start(run, task(image), steps::add);
                        return run;
                    }));
                }
                for (Future<?> start : starts) {
                    start.get();
                }
            }
            opened.remove(known);
            opened.addFirst(known);
            for (RunId run : begun) {
                assertThat(code(awaitEnd(known, run))).isZero();
            }
            assertThat(steps).contains("pulling image " + image, "making the container", "starting");
            assertThat(Files.readString(directory.resolve("registry/log"))
                            .lines()
                            .filter(line -> line.contains("GET")
                                    && line.contains("/blobs/")
                                    && line.contains("http.response.status=200"))
                            .count())
                    .as("blobs that were fetched: one layer and the image's configuration")
                    .isLessThanOrEqualTo(2);
        }
    }

    @Test
    void aStopEndsAPullAtOnce() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            DockerBackend backend = open(Map.of(), Duration.ofMinutes(10));
            RunId run = run("stopped");
            Future<StartFailure> start =
                    threads.submit(() -> TestEngine.failedStart(backend, run, task(image(silent))));
            await().atMost(Watching.PATIENCE)
                    .until(() -> backend.observe(run, Duration.ZERO) instanceof Observed.Preparing preparing
                            && preparing.step().startsWith("pulling"));

            assertThat(backend.stop(run, Duration.ofSeconds(10))).isTrue();

            assertThat(start.get().ending().reason()).isEqualTo(FailureReason.TASK_CANCELLED);
            assertThat(awaitEnd(backend, run).ending()).isInstanceOf(Ending.NotStarted.class);
        }
    }

    @Test
    void aPullThatMakesNoProgressIsGivenUp() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            DockerBackend backend = open(Map.of(), Duration.ofSeconds(1));

            StartFailure failure = TestEngine.failedStart(
                    backend, new RunId("ledger", new ExecutionKey("stalled", 1)), task(image(silent)));

            assertThat(failure.ending().reason()).isEqualTo(FailureReason.IMAGE_PULL);
            assertThat(failure.ending().isTransient()).isTrue();
            assertThat(failure).hasMessageContaining("no progress");
        }
    }

    @Test
    void anEngineThatDoesNotAnswerAPullIsNotHeldOnToForLonger() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                Engine calls = new Engine(
                        new EngineAddress(
                                URI.create("tcp://127.0.0.1:" + silent.getLocalPort()),
                                Optional.empty(),
                                "",
                                "the test"),
                        1,
                        Engine.Patience.USUAL)) {
            Pull pull = new Pull(
                    calls,
                    ImageName.parse("a:1").orElseThrow(),
                    "linux/amd64",
                    new Credentials(Optional.empty(), new CredentialHelpers(Map.of())),
                    Optional.of(Duration.ofSeconds(1)));
            pull.join();
            try (Socket connection = silent.accept()) {
                assertThatThrownBy(() -> pull.await(_ -> {})).hasMessageContaining("made no progress for 1 s");

                connection.setSoTimeout((int) Watching.PATIENCE.toMillis());
                connection.getInputStream().readAllBytes(); // up to its end
            }
            pull.leave();
        }
    }

    /** At a registry that never answers. */
    private static String image(ServerSocket silent) {
        return "127.0.0.1:%d/a:1".formatted(silent.getLocalPort());
    }

    private static TaskSpec task(String image) {
        return TestEngine.task(image, Map.of(), "true");
    }

    private DockerBackend open(Map<String, String> env, Duration stall) throws Exception {
        DockerRules rules = TestEngine.rules(DockerRules.PullPolicy.ALWAYS, stall);
        DockerConfig config = new DockerConfig(List.of(), Map.of(), true, rules, env);
        DockerBackend backend = TestEngine.backend(engine.host(), "executor-pulls", 0, config, Engine.Patience.USUAL);
        opened.add(backend);
        return backend;
    }

    private RunId run(String execution) {
        RunId run = new RunId("77b6a1c9-93c5-4c44-9c0c-6d5b1f0e9d10", new ExecutionKey(execution, 1));
        begun.add(run);
        return run;
    }
}
