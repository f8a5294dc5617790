package dev.slipway.executor.docker;

import static dev.slipway.executor.testkit.Watching.PATIENCE;
import static dev.slipway.executor.testkit.Watching.awaitEnd;
import static dev.slipway.executor.testkit.Watching.awaitOutput;
import static dev.slipway.executor.testkit.Watching.code;
import static dev.slipway.executor.testkit.Watching.output;
import static dev.slipway.executor.testkit.Watching.runsLeft;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.PreflightFailure;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.testkit.DockerEngine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Engines that crash, hang, or have no space left. */
class EngineFaultsIT {
    private static final RunId RUN = run("run");
    private static final String COUNTING =
            "trap 'exit 9' TERM; i=0; while :; do i=$((i+1)); echo line $i; sleep 0.1; done";

    private static final RunId OTHER = run("other");
    private static final String ENDING_MEANWHILE =
            "echo before; until [ -e /j/go ]; do sleep 0.1; done; echo meanwhile; exit 4";

    @TempDir
    private Path journal;

    private @Nullable DockerEngine engine;
    private @Nullable DockerBackend backend;
    private @Nullable Path disk;

    @BeforeAll
    static void needsAnEngine() {
        TestEngine.assumePossible("EngineFaultsIT");
    }

    @AfterEach
    void leaveNothingBehind() throws Exception {
        if (backend != null) {
            backend.close();
        }
        if (engine != null) {
            engine.close();
        }
        if (disk != null) {
            run("umount", "--lazy", disk.toString());
            Files.delete(disk);
        }
    }

    @Test
    void tasksRunOnWhileAnEngineWithLiveRestoreIsRestarted() throws Exception {
        tasksRunOn(DockerEngine::stop);
    }

    @Test
    void tasksRunOnWhileAnEngineWithLiveRestoreThatWasKilledIsAway() throws Exception {
        tasksRunOn(DockerEngine::kill);
    }

    private void tasksRunOn(Departure departure) throws Exception {
        DockerEngine docker = start("--live-restore");
        DockerBackend runs = open(docker);
        runs.start(RUN, TestEngine.task(COUNTING), _ -> {});
        runs.start(OTHER, TestEngine.task(ENDING_MEANWHILE), _ -> {});
        awaitOutput(runs, RUN, "line 3");
        awaitOutput(runs, OTHER, "before");
        long pid = pid(docker, OTHER);

        departure.of(docker);
        await().atMost(PATIENCE).until(() -> runs.trouble().isPresent());
        assertThatThrownBy(() -> runs.observe(RUN, Duration.ZERO)).isInstanceOf(IOException.class);
        endMeanwhile(pid);
        docker.startAgain();
        await().atMost(PATIENCE).until(() -> runs.trouble().isEmpty());

        assertThat(runs.observe(RUN, Duration.ZERO)).isInstanceOf(Observed.Running.class);
        assertEnded(runs, OTHER, 4);
        assertThat(output(runs, OTHER)).isEqualTo("before\n");
        String before = output(runs, RUN);
        await().atMost(PATIENCE).until(() -> output(runs, RUN).length() > before.length() + 50);
        assertThat(runs.stop(RUN, Duration.ofSeconds(20))).isTrue();
        assertThat(code(awaitEnd(runs, RUN))).isEqualTo(9);
        assertThatLinesAreConsecutive(output(runs, RUN));
        runs.forget(RUN);
        runs.forget(OTHER);
    }

    @Test
    void anEngineThatEndsItsTasksWhenItIsRestartedHasThatSaid() throws Exception {
        DockerEngine docker = start();
        DockerBackend runs = open(docker);
        assertThat(runs.preflight()).anyMatch(remark -> remark.contains("live-restore"));

        tasksAreEnded(docker, runs, DockerEngine::stop);
    }

    @Test
    void anEngineThatWasKilledEndsItsTasksWhenItIsBackAndHasThatSaid() throws Exception {
        DockerEngine docker = start();
        DockerBackend runs = open(docker);
        runs.start(OTHER, TestEngine.task(ENDING_MEANWHILE), _ -> {});
        awaitOutput(runs, OTHER, "before");
        long pid = pid(docker, OTHER);

        tasksAreEnded(docker, runs, engine -> {
            engine.kill();
            endMeanwhile(pid);
        });

        assertEnded(runs, OTHER, 4);
        assertThat(output(runs, OTHER)).isEqualTo("before\n");
        runs.forget(OTHER);
    }

    /** Each with the exit code that it had: its program's own, or that of the signal. */
    private static void tasksAreEnded(DockerEngine docker, DockerBackend runs, Departure departure) throws Exception {
        RunId polite = run("polite");
        RunId stubborn = run("stubborn");
        runs.start(RUN, TestEngine.task(COUNTING), _ -> {});
        runs.start(polite, TestEngine.task("echo line 1; sleep 600"), _ -> {});
        runs.start(stubborn, TestEngine.task("trap '' TERM; echo line 1; while :; do sleep 0.1; done"), _ -> {});
        awaitOutput(runs, RUN, "line 3");
        awaitOutput(runs, polite, "line 1");
        awaitOutput(runs, stubborn, "line 1");

        departure.of(docker);
        docker.startAgain();
        await().atMost(PATIENCE).until(() -> runs.trouble().isEmpty());

        assertEnded(runs, RUN, 9);
        assertEnded(runs, polite, 143);
        assertEnded(runs, stubborn, 137);
        assertThat(output(runs, RUN)).contains("line 3\n");
        for (RunId run : List.of(RUN, polite, stubborn)) {
            assertThatLinesAreConsecutive(output(runs, run));
            runs.forget(run);
        }
    }

    /** After such a kill, engines show most of what they had started as never started, and remove it although it runs. */
    @Test
    void whatAnEngineWasKilledOrStoppedOverIsNeverToldAsNeverStarted() throws Exception {
        DockerEngine docker = start();
        DockerBackend runs = open(docker);
        try (ExecutorService starter = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int attempt = 1; attempt <= 6; attempt++) {
                RunId run = run("attempt-" + attempt);
                Path began = journal.resolve("began-" + attempt);
                TaskSpec task = TestEngine.task("echo out; touch /j/began-%d; exec sleep 1".formatted(attempt));
                Future<?> start = starter.submit(() -> {
                    runs.start(run, task, _ -> {});
                    return null;
                });
                await().atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(1))
                        .pollDelay(Duration.ZERO)
                        .until(() -> Files.exists(began));

                if (attempt % 3 == 0) {
                    docker.stop();
                } else {
                    docker.kill();
                }
                docker.startAgain();
                await().atMost(PATIENCE).until(start::isDone); // it fails, unless the engine was quick

                Optional<Boolean> revoked = await().atMost(PATIENCE)
                        .ignoreException(IOException.class) // connections of before are found broken
                        .until(() -> Optional.of(runs.revoke(run)), Optional::isPresent);
                assertThat(revoked).contains(false);
                assertThat(awaitEnd(runs, run).ending())
                        .satisfiesAnyOf(
                                ending -> assertThat(ending)
                                        .isInstanceOfSatisfying(
                                                Ending.Lost.class,
                                                lost -> assertThat(lost.message())
                                                        .contains("Docker engine was restarted")),
                                ending -> assertThat(ending).isInstanceOf(Ending.Exited.class));
                await().atMost(PATIENCE)
                        .ignoreException(IOException.class) // such an engine may still write where it is to remove
                        .until(
                                () -> {
                                    runs.forget(run);
                                    return runsLeft(runs);
                                },
                                left -> !left.contains(run));
            }
        }
    }

    @Test
    void aClaimIsStillItsMakersAfterTheEngineWasRestarted() throws Exception {
        DockerEngine docker = start();
        try (Engine calls =
                new Engine(new Discovery(Map.of("DOCKER_HOST", docker.host())).find(), 1, Engine.Patience.USUAL)) {
            Owner maker = new Owner("executor-faults", "maker");
            Claims claims = new Claims(calls, maker);
            claims.make(RUN, Claims.Purpose.START, Map.of());

            docker.kill();
            docker.startAgain();

            Claims later = new Claims(calls, new Owner("executor-faults", "later"));
            Claims.Claim claim = await().atMost(PATIENCE)
                    .ignoreException(IOException.class) // connections of before are found broken
                    .until(() -> later.make(RUN, Claims.Purpose.ABANDONED, Map.of()), Objects::nonNull);
            assertThat(claim.purpose()).isEqualTo(Claims.Purpose.START);
            assertThat(maker.hasMade(claim.labels())).isTrue();
        }
    }

    @Test
    void anEngineThatHangsIsToldInWords() throws Exception {
        DockerEngine docker = start();
        DockerBackend runs = open(docker);
        hang(docker);
        try {
            assertThatThrownBy(runs::preflight)
                    .isInstanceOf(PreflightFailure.class)
                    .hasMessageContaining("has not answered GET /_ping within 5 s")
                    .hasMessageContaining("DOCKER_HOST");
        } finally {
            run("kill", "-CONT", Long.toString(docker.process().pid()));
        }
        assertThat(runs.preflight()).anyMatch(remark -> remark.contains("live-restore"));
    }

    @Test
    void anEngineThatHangsIsNotReadyAndItsTasksRunOn() throws Exception {
        DockerEngine docker = start();
        DockerBackend runs = open(docker);
        RunId talkative = run("talkative");
        runs.start(RUN, TestEngine.task(COUNTING), _ -> {});
        runs.start(
                talkative,
                TestEngine.task(
                        "echo line 1; until [ -e /j/go ]; do sleep 0.1; done; touch /j/writing; seq 2 50000 | sed 's:^:line :'; touch /j/written; exit 4"),
                _ -> {});
        awaitOutput(runs, RUN, "line 3");
        awaitOutput(runs, talkative, "line 1");

        hang(docker);
        try (ExecutorService starter = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> start;
            try {
                Files.createFile(journal.resolve("go"));
                await().atMost(PATIENCE).until(() -> runs.trouble().isPresent());
                assertThat(runs.trouble().orElseThrow()).contains("does not answer");
                await().atMost(PATIENCE).until(() -> Files.exists(journal.resolve("writing")));
                start = starter.submit(() -> {
                    runs.start(OTHER, TestEngine.task("echo line 1; exit 5"), _ -> {});
                    return null;
                });
                assertThat(journal.resolve("written")).doesNotExist(); // there is no room for all of it
            } finally {
                run("kill", "-CONT", Long.toString(docker.process().pid()));
            }

            await().atMost(PATIENCE).until(() -> runs.trouble().isEmpty());
            start.get();
        }
        assertEnded(runs, OTHER, 5);
        assertEnded(runs, talkative, 4);
        assertThat(output(runs, talkative)).endsWith("line 50000\n");
        assertThat(runs.observe(RUN, Duration.ZERO)).isInstanceOf(Observed.Running.class);
        assertThat(runs.stop(RUN, Duration.ofSeconds(20))).isTrue();
        assertThat(code(awaitEnd(runs, RUN))).isEqualTo(9);
        for (RunId run : List.of(RUN, OTHER, talkative)) {
            assertThatLinesAreConsecutive(output(runs, run));
            runs.forget(run);
        }
    }

    @Test
    void aFullDiskIsOneClearFailureAndLeavesNothing() throws Exception {
        Path small = Files.createTempDirectory("sw-disk");
        disk = small;
        String refusal = run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", small.toString());
        assumeTrue(refusal.isEmpty(), "no small disk can be mounted here: " + refusal);
        DockerEngine docker = DockerEngine.start(small.resolve("e"));
        engine = docker;
        docker.makeImage(TestEngine.IMAGE, _ -> {});
        DockerBackend runs = open(docker);
        run("sh", "-c", "head -c 50m /dev/zero > " + small.resolve("filling"));

        assertThatThrownBy(() -> runs.start(RUN, TestEngine.task("true"), _ -> {}))
                .isInstanceOfSatisfying(StartFailure.class, failure -> {
                    assertThat(failure.ending().isTransient()).isTrue();
                    assertThat(failure.getMessage()).contains("no space left on device", "docker system df");
                });

        Files.delete(small.resolve("filling"));
        assertThat(awaitEnd(runs, RUN).ending()).isNotInstanceOf(Ending.Exited.class);
        runs.forget(RUN);
        assertThat(docker.docker("ps", "-aq")).isEmpty();
        assertThat(docker.docker("volume", "ls", "-q")).isEmpty();
        RunId again = run("again");
        runs.start(again, TestEngine.task("true"), _ -> {});
        assertThat(code(awaitEnd(runs, again))).isZero();
        runs.forget(again);
    }

    /** How an engine goes. */
    private interface Departure {
        void of(DockerEngine docker) throws IOException;
    }

    private static RunId run(String execution) {
        return new RunId("9d3f0c1e-4e0f-4a53-8d57-0f4c0f3d1f21", new ExecutionKey(execution, 1));
    }

    /** The host's number of a container's first process. */
    private static long pid(DockerEngine docker, RunId run) throws IOException {
        return Long.parseLong(docker.docker("inspect", "--format", "{{.State.Pid}}", Names.container(run)));
    }

    private void endMeanwhile(long pid) throws IOException {
        Files.createFile(journal.resolve("go"));
        await().atMost(PATIENCE).until(() -> ProcessHandle.of(pid).isEmpty());
    }

    private static void assertEnded(DockerBackend runs, RunId run, int code) throws IOException {
        assertThat(awaitEnd(runs, run).ending()).isInstanceOfSatisfying(Ending.Exited.class, exited -> {
            assertThat(exited.code()).isEqualTo(code);
            assertThat(exited.stopped()).isFalse();
            assertThat(exited.reason()).isEqualTo(FailureReason.CONTAINER_EXIT);
        });
    }

    private static void assertThatLinesAreConsecutive(String output) {
        List<String> lines = output.lines().toList();
        assertThat(lines)
                .isEqualTo(IntStream.rangeClosed(1, lines.size())
                        .mapToObj(number -> "line " + number)
                        .toList());
    }

    /** Every thread of it stops only when its turn has come. */
    private static void hang(DockerEngine docker) throws Exception {
        long pid = docker.process().pid();
        run("kill", "-STOP", Long.toString(pid));
        await().atMost(PATIENCE)
                .until(() -> Files.readString(Path.of("/proc", Long.toString(pid), "status"))
                        .contains("State:\tT"));
    }

    private DockerEngine start(String... options) throws IOException {
        DockerEngine docker = DockerEngine.start(Files.createTempDirectory("sw-docker"), options);
        engine = docker;
        docker.makeImage(TestEngine.IMAGE, _ -> {});
        return docker;
    }

    private DockerBackend open(DockerEngine docker) throws Exception {
        DockerBackend opened = TestEngine.backend(
                docker, "executor-faults", TestEngine.config(TestEngine.localImages(), journal + ":/j"));
        backend = opened;
        return opened;
    }

    /** @return what it complains of; empty if it succeeded */
    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return process.waitFor() == 0 ? "" : said;
    }
}
