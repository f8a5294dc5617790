package dev.slipway.executor.docker;

import static dev.slipway.executor.testkit.Watching.PATIENCE;
import static dev.slipway.executor.testkit.Watching.awaitEnd;
import static dev.slipway.executor.testkit.Watching.awaitOutput;
import static dev.slipway.executor.testkit.Watching.output;
import static dev.slipway.executor.testkit.Watching.runsLeft;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.executor.core.LogSource;
import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.PreflightFailure;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Container;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.settings.DockerRules;
import dev.slipway.testkit.DockerEngine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is particular to containers, on a real engine. */
@ExtendWith(TestEngine.class)
@SuppressWarnings("NullAway.Init") // made before each test
class ContainersIT {
    private static final String EXECUTOR = "executor-2";
    private static final Owner EARLIER = new Owner(EXECUTOR, "an-earlier-incarnation");
    private static final Duration GRACE = Duration.ofSeconds(10);

    private final DockerEngine engine;
    private final List<DockerBackend> opened = new ArrayList<>();
    private final List<RunId> begun = new ArrayList<>();
    private DockerBackend backend;

    ContainersIT(DockerEngine engine) {
        this.engine = engine;
    }

    @BeforeEach
    void open() throws Exception {
        backend = open(TestEngine.config(TestEngine.localImages()));
    }

    private DockerBackend open(DockerConfig config) throws Exception {
        DockerBackend another = TestEngine.backend(engine, EXECUTOR, config);
        opened.add(another);
        return another;
    }

    @AfterEach
    void leavesNothingBehind() throws Exception {
        DockerBackend last = open(TestEngine.config(TestEngine.localImages()));
        TestEngine.endAll(last, begun);
        assertThat(runsLeft(last)).isEmpty();
        for (DockerBackend each : opened) {
            each.close();
        }
        assertThat(engine.docker("ps", "-aq", "--filter", "label=" + Names.EXECUTOR + "=" + EXECUTOR))
                .isEmpty();
        assertThat(engine.docker("volume", "ls", "-q", "--filter", "label=" + Names.KIND + "=" + Names.MARK))
                .isEmpty();
    }

    @Test
    void keepsEveryByteOfTheOutput() throws Exception {
        RunId run = start(
                "bytes",
                TestEngine.task(
                        "printf 'a\\377b\\000c\\r\\n\\n'; head -c 40000 /dev/zero | tr '\\000' x; echo; printf 'ä€😀%.0s' "
                                + "$(seq 6000); echo; printf tail"));
        awaitEnd(backend, run);

        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.writeBytes(new byte[] {'a', (byte) 0xff, 'b', 0, 'c', '\r', '\n', '\n'});
        expected.writeBytes(
                ("x".repeat(40_000) + "\n" + "ä€😀".repeat(6_000) + "\ntail").getBytes(StandardCharsets.UTF_8));
        assertThat(bytes(run, 1 << 16)).isEqualTo(expected.toByteArray());
        assertThat(bytes(run, 777)).isEqualTo(expected.toByteArray());
    }

    @Test
    void aReaderThatIsTooSlowForTheTaskSaysWhereOutputIsMissing() throws Exception {
        DockerRules usual = TestEngine.localImages();
        DockerRules.Confinement confinement = usual.confinement();
        backend = open(TestEngine.config(new DockerRules(
                usual.pullPolicy(),
                usual.pullStall(),
                usual.keepSidecars(),
                new DockerRules.Confinement(
                        confinement.init(),
                        confinement.noNewPrivileges(),
                        confinement.dropCapabilities(),
                        confinement.pidsLimit(),
                        5),
                usual.network(),
                usual.allowedImages(),
                usual.allowedMounts())));
        RunId run = start(
                "overtaken",
                TestEngine.task(
                        "p=$(head -c 2000 /dev/zero | tr '\\0' x); say() { while [ $i -lt $1 ]; do i=$((i+1)); echo $i $p; done; }; i=0; say 1000; "
                                + "until [ -e /go ]; do sleep 0.1; done; say 8000; touch /written; sleep 1; echo done; sleep 60"));
        StringBuilder read = new StringBuilder();
        try (LogSource logs = backend.logs(run, "")) {
            append(read, logs.next(1 << 10, PATIENCE));
            engine.docker("exec", Names.container(run), "touch", "/go");
            await().atMost(PATIENCE)
                    .until(() -> engine.docker("exec", Names.container(run), "ls", "/")
                            .contains("written"));
            await().atMost(PATIENCE).until(() -> {
                append(read, logs.next(1 << 16, Duration.ofMillis(100)));
                return read.indexOf("done\n") >= 0;
            });
        }

        long expected = 1;
        boolean isGapTold = false;
        for (String line : read.toString().lines().toList()) {
            if (line.startsWith("[slipway: output is left out here")) {
                isGapTold = true;
            } else if (line.endsWith("x")) {
                long number = Long.parseLong(line.split(" ", -1)[0]);
                assertThat(number == expected || isGapTold)
                        .as("%d comes after %d, and nothing says that something is missing", number, expected - 1)
                        .isTrue();
                isGapTold = false;
                expected = number + 1;
            }
        }
        assertThat(expected).isEqualTo(8_001);
    }

    private static void append(StringBuilder read, LogSource.Chunk chunk) {
        read.append(new String(chunk.bytes().toArray(), StandardCharsets.US_ASCII));
    }

    @Test
    void aContainerThatSomebodyRemovedIsGoneAndSaidSo() throws Exception {
        RunId run = start("removed", TestEngine.task("echo ready; sleep 60"));
        awaitOutput(backend, run, "ready");

        engine.docker("rm", "-f", Names.container(run));

        assertThat(awaitEnd(backend, run).ending()).isInstanceOfSatisfying(Ending.Lost.class, lost -> {
            assertThat(lost.reason()).isEqualTo(FailureReason.CONTAINER_WAIT);
            assertThat(lost.message()).contains("is gone", "look for who removed it");
        });
        assertThat(runsLeft(open(TestEngine.config(TestEngine.localImages())))).contains(run);
    }

    /** An engine that ends answers that it could not make the volume, and has made it without its labels. */
    @Test
    void aClaimThatWasMadeForNobodyLetsNobodyStart() throws Exception {
        RunId run = run("nobodys");
        engine.docker("volume", "create", Names.claim(run));

        backend.start(run, TestEngine.task("echo ran"), _ -> {});

        assertThat(awaitEnd(backend, run).ending())
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.isTransient()).isTrue());
        assertThat(backend.revoke(run)).isTrue();
    }

    @Test
    void aShapeLimitsMemory() throws Exception {
        RunId run = start(
                "oom",
                TestEngine.in(
                        new Container(
                                Optional.empty(),
                                List.of(),
                                new Container.Shape(OptionalDouble.of(0.5), OptionalDouble.of(0.02))),
                        TestEngine.task("tail /dev/zero")));

        assertThat(awaitEnd(backend, run).ending())
                .isInstanceOfSatisfying(
                        Ending.Exited.class,
                        exited -> assertThat(exited.reason()).isEqualTo(FailureReason.CONTAINER_OOM));
    }

    @Test
    void aTaskIsConfinedAndItsInitProcessCollectsWhatHasEnded() throws Exception {
        RunId run = start(
                "confined",
                TestEngine.task("grep -E 'NoNewPrivs|CapBnd' /proc/self/status; cat /proc/1/comm; echo $SECRET; pwd"),
                Map.of("SECRET", SecretValue.of("canary")));
        awaitEnd(backend, run);

        assertThat(output(backend, run))
                .contains("NoNewPrivs:\t1", "docker-init", "canary")
                .doesNotContain("a80425fb");
    }

    @Test
    void aMountThatTheEngineRefusesIsAFailureToCreate() throws Exception {
        backend = open(TestEngine.config(TestEngine.localImages(), "/tmp:/t:bogus"));

        assertFails("mount", TestEngine.task("true"), FailureReason.CONTAINER_CREATE, false, "bogus");
    }

    @Test
    void aMountThatIsNotAllowedIsRefusedBeforeAnyTask() {
        DockerRules usual = TestEngine.localImages();
        DockerRules rules = new DockerRules(
                usual.pullPolicy(),
                usual.pullStall(),
                usual.keepSidecars(),
                usual.confinement(),
                usual.network(),
                Optional.empty(),
                Optional.of(List.of("/cache")));

        assertThatThrownBy(() -> open(TestEngine.config(rules, "/etc:/etc")))
                .isInstanceOf(PreflightFailure.class)
                .hasMessageContaining("allowed_mounts");
    }

    @Test
    void anImageThatIsNotThereIsOneClearFailure() throws Exception {
        backend = open(TestEngine.config(TestEngine.rules(DockerRules.PullPolicy.NEVER)));

        assertFails(
                "absent", TestEngine.task("none:1", Map.of(), "true"), FailureReason.IMAGE_PULL, false, "pull_policy");
        assertFails(
                "unfit",
                TestEngine.task("No/Such:1", Map.of(), "true"),
                FailureReason.IMAGE_PULL,
                false,
                "no image's name");
    }

    @Test
    void aRegistryThatCannotBeReachedMayBeThereLater() throws Exception {
        assertFails(
                "unreachable",
                TestEngine.task("127.0.0.1:1/none:1", Map.of(), "true"),
                FailureReason.IMAGE_PULL,
                true,
                "cannot be pulled");
    }

    @Test
    void anImageOfAnotherPlatformIsRefused() throws Exception {
        String other = engine.docker("version", "--format", "{{.Server.Arch}}").equals("amd64") ? "arm64" : "amd64";
        engine.makeForeignImage("other:1", other);

        assertFails("platform", TestEngine.task("other:1", Map.of(), "/file"), FailureReason.IMAGE_PULL, false, other);
    }

    @Test
    void anImageThatTheOperatorDoesNotAllowIsRefused() throws Exception {
        backend = open(TestEngine.config(TestEngine.allowing("registry.example/*", "busy:2")));

        assertFails("forbidden", TestEngine.task("true"), FailureReason.IMAGE_PULL, false, "allowed_images");
    }

    @Test
    void anEmptyListOfImagesAllowsNone() throws Exception {
        backend = open(TestEngine.config(TestEngine.allowing()));

        assertFails("none-allowed", TestEngine.task("true"), FailureReason.IMAGE_PULL, false, "allowed_images");
    }

    @Test
    void whetherAProgramWasMissingIsLookedForWhereItBegins() throws Exception {
        engine.makeImage("placed:1", root -> {
            DockerEngine.script(root.resolve("work/run.sh"), "exit 127");
            Files.writeString(root.resolve("work/plain"), "no program");
        });

        RunId ran = start("relative", in("/work", "./run.sh"));
        RunId missing = start("relative-missing", in("/work", "./none.sh"));
        RunId plain = start("not-executable", in("/work", "./plain"));

        assertThat(awaitEnd(backend, ran).ending())
                .isInstanceOfSatisfying(
                        Ending.Exited.class, exited -> assertThat(exited.code()).isEqualTo(127));
        for (RunId run : List.of(missing, plain)) {
            assertThat(awaitEnd(backend, run).ending())
                    .isInstanceOfSatisfying(
                            Ending.NotStarted.class,
                            never -> assertThat(never.reason()).isEqualTo(FailureReason.CONTAINER_START));
        }
    }

    private static TaskSpec in(String directory, String program) {
        return new TaskSpec(
                "task",
                new Program.Command(List.of(program)),
                Optional.of("placed:1"),
                Map.of(),
                Optional.of(directory),
                Optional.empty());
    }

    @Test
    void whatAnEarlierProcessMadeAndDidNotStartNeverStarts() throws Exception {
        RunId run = run("made");
        try (Engine calls = calls()) {
            calls.create(Names.container(run), body(run));
        }

        assertThat(runsLeft(backend)).contains(run);

        assertThat(awaitEnd(backend, run).ending())
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.isTransient()).isTrue());
        assertThat(engine.docker("ps", "-aq", "--filter", "name=" + Names.container(run)))
                .isEmpty();
        backend.start(run, TestEngine.task("echo begun"), _ -> {});
        assertThat(awaitEnd(backend, run).ending()).isInstanceOf(Ending.NotStarted.class);
    }

    @Test
    void whatAnEarlierProcessClaimedAndPerhapsStartedIsTakenAwayOrAdopted() throws Exception {
        RunId waiting = run("claimed");
        RunId started = run("claimed-and-started");
        try (Engine calls = calls()) {
            Claims earlier = new Claims(calls, EARLIER);
            for (RunId run : List.of(waiting, started)) {
                calls.create(Names.container(run), body(run));
                earlier.make(run, Claims.Purpose.START, Map.of());
            }
            calls.start(Names.container(started));
        }

        assertThat(runsLeft(backend)).contains(waiting, started);

        assertThat(awaitEnd(backend, waiting).ending()).isInstanceOf(Ending.NotStarted.class);
        assertThat(backend.observe(started, Duration.ZERO)).isInstanceOf(Observed.Running.class);
        assertThat(backend.revoke(started)).isFalse();
    }

    @Test
    void whatWasTakenAwayByAProcessThatWasKilledBeforeItCouldSaySoNeverStarted() throws Exception {
        RunId taken = run("taken-away");
        RunId started = run("started-and-removed");
        try (Engine calls = calls()) {
            Claims earlier = new Claims(calls, EARLIER);
            for (RunId run : List.of(taken, started)) {
                String id = calls.create(Names.container(run), body(run));
                earlier.make(run, Claims.Purpose.START, Map.of(Names.CONTAINER, id));
            }
            calls.start(Names.container(started));
        }
        engine.docker("rm", "-f", Names.container(taken), Names.container(started));

        assertThat(runsLeft(backend)).contains(taken, started);

        Observed.Ended ended = awaitEnd(backend, taken);
        assertThat(ended.ending())
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.isTransient()).isTrue());
        assertThat(awaitEnd(backend, started).ending()).isInstanceOf(Ending.Lost.class);
        assertThat(backend.revoke(taken)).isTrue();
        assertThat(backend.revoke(started)).isFalse();
        assertThat(awaitEnd(backend, taken)).isEqualTo(ended);
        assertThat(engine.docker("volume", "ls", "-q", "--filter", "name=" + Names.unbegun(taken)))
                .as("what the engine forgets is on record")
                .isEqualTo(Names.unbegun(taken));
    }

    @Test
    void whateverHappensAtTheSameTimeTheEndThatWasToldStays() throws Exception {
        for (int i = 0; i < 5; i++) {
            RunId run = run("at-once-" + i);
            try (Engine calls = calls()) {
                String id = calls.create(Names.container(run), body(run));
                new Claims(calls, EARLIER).make(run, Claims.Purpose.START, Map.of(Names.CONTAINER, id));
            }
            List<Observed.Ended> ends = new ArrayList<>();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<Observed.Ended>> watching = new ArrayList<>();
                List<Future<Boolean>> revoking = new ArrayList<>();
                for (int watcher = 0; watcher < 4; watcher++) {
                    watching.add(threads.submit(() -> awaitEnd(backend, run)));
                    revoking.add(threads.submit(() -> backend.revoke(run)));
                }
                for (Future<Boolean> each : revoking) {
                    assertThat(each.get()).isTrue();
                }
                for (Future<Observed.Ended> each : watching) {
                    ends.add(each.get());
                }
            }
            ends.add(awaitEnd(backend, run));

            assertThat(ends).allSatisfy(end -> assertThat(end).isEqualTo(ends.getFirst()));
            assertThat(ends.getFirst().ending()).isInstanceOf(Ending.NotStarted.class);
        }
    }

    @Test
    void aStartThatTwoProcessesWantHappensOnce() throws Exception {
        RunId run = run("contended");
        DockerBackend other = open(TestEngine.config(TestEngine.localImages()));
        TaskSpec task = TestEngine.task("echo begun; sleep 60");
        Thread second = Thread.ofVirtual().start(() -> startQuietly(other, run, task));
        startQuietly(backend, run, task);
        second.join();
        startQuietly(backend, run, task);

        awaitOutput(backend, run, "begun");
        assertThat(output(backend, run)).isEqualTo("begun\n");
    }

    @Test
    void aContainerIsKeptWhereCleanupIsOffAndIsNoRunAnyMore() throws Exception {
        DockerConfig keeping = new DockerConfig(List.of(), Map.of(), false, TestEngine.localImages(), Map.of());
        backend = open(keeping);
        RunId run = start("kept", TestEngine.task("echo kept"));
        awaitEnd(backend, run);

        backend.forget(run);

        assertThat(runsLeft(open(keeping))).doesNotContain(run);
        assertThat(engine.docker("logs", Names.kept(run))).isEqualTo("kept");
        engine.docker("rm", Names.kept(run));
    }

    @Test
    void aPausedContainerCanBeStopped() throws Exception {
        RunId run = start("paused", TestEngine.task("trap 'exit 3' TERM; echo ready; while :; do sleep 0.1; done"));
        awaitOutput(backend, run, "ready");
        engine.docker("pause", Names.container(run));

        assertThat(backend.stop(run, GRACE)).isTrue();

        assertThat(awaitEnd(backend, run).ending())
                .isInstanceOfSatisfying(
                        Ending.Exited.class, exited -> assertThat(exited.code()).isEqualTo(3));
    }

    private void assertFails(String execution, TaskSpec task, FailureReason reason, boolean isTransient, String words) {
        RunId run = run(execution);
        assertThatThrownBy(() -> backend.start(run, task, _ -> {}))
                .isInstanceOfSatisfying(StartFailure.class, failure -> {
                    assertThat(failure.ending().reason()).isEqualTo(reason);
                    assertThat(failure.ending().isTransient()).isEqualTo(isTransient);
                    assertThat(failure.ending().message()).contains(words);
                });
    }

    private static void startQuietly(DockerBackend backend, RunId run, TaskSpec task) {
        try {
            backend.start(run, task, _ -> {});
        } catch (StartFailure | IOException e) {
            // the other one has it; what became of it is asked for afterwards
        }
    }

    private RunId start(String execution, TaskSpec task) throws Exception {
        RunId run = run(execution);
        backend.start(run, task, _ -> {});
        return run;
    }

    private RunId start(String execution, TaskSpec task, Map<String, SecretValue> env) throws Exception {
        return start(execution, task.withEnv(env));
    }

    private RunId run(String execution) {
        RunId run = new RunId("2d9c2b7a-71c6-4b1e-8c11-1f0f6f1e2a3b", new ExecutionKey(execution, 1));
        begun.add(run);
        return run;
    }

    private Engine calls() throws Exception {
        return new Engine(new Discovery(Map.of("DOCKER_HOST", engine.host())).find(), 0, Engine.Patience.USUAL);
    }

    private static JsonNode body(RunId run) {
        Map<String, String> labels = EARLIER.labels(Names.RUN, run);
        return new ContainerSpec(
                        TestEngine.task("sleep 60"),
                        TestEngine.IMAGE,
                        List.of(),
                        labels,
                        TestEngine.config(TestEngine.localImages()))
                .body();
    }

    /** Read piece by piece, each by a source that goes on where the one before it stopped. */
    private byte[] bytes(RunId run, int max) throws IOException {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        String cursor = "";
        while (true) {
            try (LogSource logs = backend.logs(run, cursor)) {
                LogSource.Chunk chunk = logs.next(max, PATIENCE);
                if (chunk.bytes().length() == 0) {
                    return whole.toByteArray();
                }
                whole.writeBytes(chunk.bytes().toArray());
                cursor = chunk.cursor();
            }
        }
    }
}
