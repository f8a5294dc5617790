package dev.slipway.executor.direct;

import static dev.slipway.executor.testkit.Watching.awaitEnd;
import static dev.slipway.executor.testkit.Watching.awaitOutput;
import static dev.slipway.executor.testkit.Watching.code;
import static dev.slipway.executor.testkit.Watching.output;
import static dev.slipway.executor.testkit.Watching.runsLeft;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.executor.core.Backend;
import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.testkit.BackendContract;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The backend with a setup and a teardown command: the contract holds with them, too. */
class SetupAndTeardownTest extends BackendContract {
    @TempDir
    Path directory;

    private String setup = "true";
    private String teardown = "true";
    private Optional<Duration> setupLimit = Optional.empty();
    private Optional<Path> targetDir = Optional.empty();
    private boolean cleanup = true;
    private boolean exposesApiKey;
    private Path workspace;
    private @Nullable DirectBackend last;

    @BeforeEach
    void configure() {
        workspace = directory.resolve("workspaces/task");
    }

    @AfterEach
    void release() throws IOException {
        if (last != null) {
            last.close();
        }
    }

    @Override
    protected DirectBackend open() throws Exception {
        release();
        DirectBackend backend = new DirectBackend("executor-1", config());
        last = backend;
        backend.preflight();
        return backend;
    }

    @Override
    protected TaskSpec task(String script) {
        return task(List.of("sh", "-c", script), Map.of());
    }

    @Override
    protected TaskSpec impossibleTask() {
        return task(List.of("no-such-program"), Map.of());
    }

    @Test
    void runInTheWorkspaceAroundTheAgentAndTheirOutputIsTheRuns() throws Exception {
        setup = "echo setup in $PWD; echo made >file";
        teardown = "echo teardown in $PWD; cat file";
        DirectBackend backend = open();

        RunId run = start(backend, "around", "cat file; echo agent; exit 3");

        assertThat(code(awaitEnd(backend, run))).isEqualTo(3);
        assertThat(output(backend, run))
                .isEqualTo("setup in %1$s\nmade\nagent\nteardown in %1$s\nmade\n".formatted(workspace));
        assertThat(workspace).doesNotExist();
    }

    @Test
    void setupSeesTheWorkersEnvironmentAndTheTasksAndTheAgentOnlyItsOwn() throws Exception {
        setup = "env >setup; tr '\\0' '\\n' </proc/$PPID/environ >keeper";
        teardown = "env >teardown; mv setup keeper agent teardown " + directory;
        DirectBackend backend = open();

        awaitEnd(
                backend,
                start(backend, "sees", task(List.of("sh", "-c", "env >agent"), Map.of("OWN", secret("a 'b'\n$c")))));

        assertThat(Files.readString(directory.resolve("setup")))
                .contains("WORKER_ONLY=it's the worker's\n", "OWN=a 'b'\n$c\n", "OZ_WORKSPACE_ROOT=" + workspace)
                .contains("OZ_RUN_ID=task\n", "OZ_WORKER_BACKEND=direct\n", "OZ_ENVIRONMENT_FILE=")
                .contains("GIT_CONFIG_GLOBAL=" + workspace.resolve(".gitconfig"))
                .doesNotContain("WARP_API_KEY", "SLIPWAY_INTERNAL_TOKEN");
        for (String name : List.of("agent", "keeper")) {
            assertThat(Files.readString(directory.resolve(name)))
                    .contains("OWN=")
                    .doesNotContain("WORKER_ONLY", "OZ_", "WARP_API_KEY", "SLIPWAY_INTERNAL_TOKEN");
        }
        assertThat(Files.readString(directory.resolve("teardown")))
                .contains("WORKER_ONLY=", "OZ_WORKSPACE_ROOT=", "OZ_RUN_ID=task\n", "OZ_WORKER_BACKEND=direct\n")
                .contains("GIT_CONFIG_GLOBAL=" + workspace.resolve(".gitconfig"))
                .doesNotContain("OWN=", "OZ_ENVIRONMENT_FILE", "WARP_API_KEY", "SLIPWAY_INTERNAL_TOKEN");
    }

    @Test
    void theApiKeyIsExposedToThemWhenThatIsConfigured() throws Exception {
        exposesApiKey = true;
        setup = "echo setup $WARP_API_KEY";
        teardown = "echo teardown $WARP_API_KEY";
        DirectBackend backend = open();
        RunId run = start(backend, "exposed", "echo agent $WARP_API_KEY");
        awaitEnd(backend, run);

        assertThat(output(backend, run)).isEqualTo("setup the-key\nagent\nteardown the-key\n");
    }

    @Test
    void theAgentSeesWhatSetupLeftAndItIsGoneFromTheDisk() throws Exception {
        setup = """
                cat >"$OZ_ENVIRONMENT_FILE" <<'END'
                # by setup
                export TOKEN="canary 'a'
                \\"b\\""
                HOME: $TOKEN!
                UID=5
                GIT_CONFIG_GLOBAL=/elsewhere
                _records=/elsewhere
                END
                """;
        DirectBackend backend = open();
        RunId run = start(
                backend,
                "left",
                "printf '%s|' \"$TOKEN\" \"$HOME\" \"$GIT_CONFIG_GLOBAL\"; while [ ! -e go ]; do sleep 0.1; done; exit 4");
        awaitRunning(backend, run);
        awaitOutput(backend, run, ".gitconfig|");

        try (Stream<Path> files = Files.walk(evidence(run).directory())) {
            assertThat(files.filter(Files::isRegularFile).filter(file -> !file.endsWith("output")))
                    .isNotEmpty()
                    .allSatisfy(file -> assertThat(Files.readString(file)).doesNotContain("canary"));
        }
        Files.createFile(workspace.resolve("go"));
        assertThat(code(awaitEnd(backend, run))).isEqualTo(4);
        assertThat(output(backend, run))
                .isEqualTo("canary 'a'\n\"b\"|canary 'a'\n\"b\"!|%s|".formatted(workspace.resolve(".gitconfig")));
    }

    @Test
    void variablesThatOnlyBashHandsOnReachTheAgentBesideWhatSetupLeft() throws Exception {
        setup = "printf 'A=left\\nUID=5\\na.b=lost\\n' >$OZ_ENVIRONMENT_FILE";
        DirectBackend backend = open();
        RunId run = start(backend, "bash", task(List.of("env"), Map.of("with.dots", secret("kept"))));
        awaitEnd(backend, run);

        assertThat(output(backend, run).lines())
                .contains("A=left", "with.dots=kept")
                .noneMatch(line -> line.startsWith("a.b="));
    }

    @Test
    void aCommandIsFoundOnThePathThatSetupLeft() throws Exception {
        setup = "mkdir bin; printf '#!/bin/sh\\necho found\\n' >bin/fresh; chmod +x bin/fresh;"
                + " echo PATH=$PWD/bin:$PATH >$OZ_ENVIRONMENT_FILE";
        DirectBackend backend = open();
        RunId run = start(backend, "path", task(List.of("fresh"), Map.of()));
        awaitEnd(backend, run);

        assertThat(output(backend, run)).isEqualTo("found\n");
    }

    @Test
    void aFileThatDoesNotParseIsDroppedWholeAndTheAgentRuns() throws Exception {
        setup = "printf 'A=b\\nnot a variable\\n' >$OZ_ENVIRONMENT_FILE";
        DirectBackend backend = open();
        RunId run = start(backend, "malformed", "echo \"<$A>\"");

        assertThat(code(awaitEnd(backend, run))).isZero();
        assertThat(output(backend, run)).isEqualTo("<>\n");
    }

    @Test
    void aFileThatIsNoneIsDropped() throws Exception {
        setup = "rm $OZ_ENVIRONMENT_FILE; mkdir $OZ_ENVIRONMENT_FILE; touch $OZ_ENVIRONMENT_FILE/x";
        DirectBackend backend = open();
        RunId run = start(backend, "no-file", "echo ran");

        assertThat(code(awaitEnd(backend, run))).isZero();
    }

    @Test
    void aVariableOfSetupThatLinuxCannotPassIsToldInItsOwnWords() throws Exception {
        setup = "{ printf BIG=; head -c 140000 /dev/zero | tr '\\0' x; } >$OZ_ENVIRONMENT_FILE";
        DirectBackend backend = open();
        RunId run = start(backend, "long", "echo ran");

        assertThat(awaitEnd(backend, run).ending()).isInstanceOfSatisfying(Ending.NotStarted.class, never -> {
            assertThat(never.reason()).isEqualTo(FailureReason.AGENT_INVOCATION);
            assertThat(never.message()).contains("setup command left", "'BIG' is longer than Linux allows");
        });
        assertThat(output(backend, run)).isEmpty();
    }

    @Test
    void whatSetupLeftMayBeTooLargeAltogether() throws Exception {
        setup = "i=0; while [ $i -lt 9 ]; do i=$((i+1)); printf V$i=; head -c 100000 /dev/zero | tr '\\0' x; echo; done"
                + " >$OZ_ENVIRONMENT_FILE";
        String[] argv = new String[15];
        Arrays.fill(argv, "x".repeat(100_000));
        argv[0] = "true";
        DirectBackend backend = open();
        RunId run = start(backend, "large", task(List.of(argv), Map.of()));

        assertThat(awaitEnd(backend, run).ending()).isInstanceOfSatisfying(Ending.NotStarted.class, never -> {
            assertThat(never.reason()).isEqualTo(FailureReason.AGENT_INVOCATION);
            assertThat(never.message()).contains("too large together with the variables that the setup command left");
        });
    }

    @Test
    void whatIsNotExecutableIsNotCalledTooLargeBecauseSetupLeftSomething() throws Exception {
        setup = "echo LEFT=here >$OZ_ENVIRONMENT_FILE";
        DirectBackend backend = open();
        RunId run = start(backend, "no-program", task(List.of("./absent"), Map.of()));

        assertThat(awaitEnd(backend, run).ending()).isInstanceOfSatisfying(Ending.NotStarted.class, never -> {
            assertThat(never.reason()).isEqualTo(FailureReason.AGENT_INVOCATION);
            assertThat(never.message()).contains("is missing").doesNotContain("too large");
        });
    }

    @Test
    void aFailedSetupFailsTheTaskAndIsTornDown() throws Exception {
        setup = "echo sorry; exit 4";
        teardown = "echo torn down";
        DirectBackend backend = open();
        RunId run = start(backend, "setup-fails", "echo agent");

        assertThat(awaitEnd(backend, run).ending()).isInstanceOfSatisfying(Ending.NotStarted.class, never -> {
            assertThat(never.reason()).isEqualTo(FailureReason.SETUP_COMMAND);
            assertThat(never.message()).contains("exited with code 4");
        });
        assertThat(output(backend, run)).isEqualTo("sorry\ntorn down\n");
        assertThat(workspace).doesNotExist();
        assertThat(backend.revoke(run)).isTrue();
        assertThat(awaitEnd(backend, run).ending())
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.reason()).isEqualTo(FailureReason.SETUP_COMMAND));
    }

    @Test
    void aStopDuringSetupEndsItPolitelyAndTheAgentNeverRuns() throws Exception {
        setup =
                "trap 'echo bye; sleep 0.5; echo bye bye; exit 0' TERM; sleep 1000 & echo ready; while :; do sleep 0.1; done";
        teardown = "echo torn down";
        DirectBackend backend = open();
        RunId run = start(backend, "stop-setup", "echo agent");
        awaitOutput(backend, run, "ready");
        assertThat(backend.observe(run, Duration.ZERO)).isEqualTo(new Observed.Preparing("setup"));

        assertThat(backend.stop(run, GRACE)).isTrue();

        assertThat(awaitEnd(backend, run).ending())
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.reason()).isEqualTo(FailureReason.TASK_CANCELLED));
        assertThat(output(backend, run)).containsSubsequence("ready\n", "bye\n", "bye bye\n", "torn down\n");
    }

    @Test
    void aRevocationDuringSetupEndsItToo() throws Exception {
        setup = "echo ready; exec sleep 1000";
        DirectBackend backend = open();
        RunId run = start(backend, "revoke-setup", "echo agent");
        awaitOutput(backend, run, "ready");

        assertThat(backend.revoke(run)).isTrue();

        assertThat(awaitEnd(backend, run).ending()).isInstanceOf(Ending.NotStarted.class);
        assertThat(output(backend, run)).isEqualTo("ready\n");
    }

    @Test
    void theNextProcessGoesOnWithARunThatIsBeingSetUp() throws Exception {
        setup = "echo setup; while [ ! -e go ]; do sleep 0.1; done; echo LEFT=here >$OZ_ENVIRONMENT_FILE";
        RunId run = start(open(), "adopted-setup", "echo agent $LEFT; exit 5");

        DirectBackend after = open();
        assertThat(runsLeft(after)).contains(run);
        assertThat(after.observe(run, Duration.ZERO)).isEqualTo(new Observed.Preparing("setup"));
        Files.createFile(workspace.resolve("go"));

        assertThat(code(awaitEnd(after, run))).isEqualTo(5);
        assertThat(output(after, run)).isEqualTo("setup\nagent here\n");
    }

    @Test
    void aRunWhoseSetupEndedWhileNoExecutorLivedIsStartedOnceByTheNext() throws Exception {
        setup = "echo LEFT=here >$OZ_ENVIRONMENT_FILE";
        RunId run = start(open(), "unwatched-setup", "echo agent $LEFT");
        await().until(() -> evidence(run).setupCode().isPresent());
        assertThat(evidence(run).claim()).isEqualTo(Evidence.Claim.NOBODY);

        DirectBackend after = open();
        after.survivors();
        after.start(run, task("echo again"), _ -> {});

        assertThat(code(awaitEnd(after, run))).isZero();
        assertThat(output(after, run)).isEqualTo("agent here\n");
    }

    @Test
    void aRunThatWaitsForTheExecutorCanBeStopped() throws Exception {
        setup = "echo LEFT=here >$OZ_ENVIRONMENT_FILE";
        RunId run = start(open(), "waits", "echo agent");
        await().until(() -> evidence(run).setupCode().isPresent());

        DirectBackend after = open();
        assertThat(after.stop(run, GRACE)).isTrue();

        assertThat(awaitEnd(after, run).ending()).isInstanceOf(Ending.NotStarted.class);
        assertThat(output(after, run)).isEmpty();
    }

    @Test
    void aKeeperThatIsKilledDuringSetupStartsNoAgent() throws Exception {
        setup = "echo ready; exec sleep 1000";
        teardown = "echo torn down";
        DirectBackend backend = open();
        RunId run = start(backend, "keeper-killed", "echo agent");
        awaitOutput(backend, run, "ready");
        long keeper = evidence(run).kept().keeper().orElseThrow().pid();

        ProcessHandle.of(keeper).orElseThrow().destroyForcibly();

        assertThat(awaitEnd(backend, run).ending())
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.message()).contains("was killed before the command started"));
        assertThat(output(backend, run)).isEqualTo("ready\ntorn down\n");
    }

    @Test
    void whatSetupLeftRunningServesTheAgentAndGoesWithIt() throws Exception {
        setup = "sleep 1000 & echo $! >daemon";
        teardown =
                "case $(cut -d' ' -f3 /proc/$(cat daemon)/stat 2>/dev/null) in Z|'') echo gone;; *) echo alive;; esac";
        DirectBackend backend = open();
        RunId run = start(backend, "daemon", "kill -0 $(cat daemon) && echo serves");
        awaitEnd(backend, run);

        assertThat(output(backend, run)).isEqualTo("serves\ngone\n");
    }

    @Test
    void aRunHasEndedOnlyWhenItIsTornDownAlsoAfterACancellation() throws Exception {
        teardown = "echo tearing; while [ ! -e " + directory + "/go ]; do sleep 0.1; done; echo torn down; exit 9";
        DirectBackend backend = open();
        RunId run = start(backend, "cancelled", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.1; done");
        awaitOutput(backend, run, "ready");

        assertThat(backend.stop(run, GRACE)).isTrue();
        await().until(() -> backend.observe(run, Duration.ZERO) instanceof Observed.Running
                && output(backend, run).contains("tearing"));
        assertThat(backend.stop(run, Duration.ZERO)).isFalse();
        Files.createFile(directory.resolve("go"));

        Observed.Ended ended = awaitEnd(backend, run);
        assertThat(code(ended)).isEqualTo(7);
        assertThat(((Ending.Exited) ended.ending()).stopped()).isTrue();
        assertThat(output(backend, run)).startsWith("ready\n").endsWith("tearing\ntorn down\n");
    }

    @Test
    void aTeardownUnderWayIsWaitedForByTheNextProcessAndNotRepeated() throws Exception {
        teardown = "echo tearing; while [ ! -e " + directory + "/go ]; do sleep 0.1; done; echo torn down";
        DirectBackend before = open();
        RunId run = start(before, "adopted-teardown", "exit 6");
        await().until(() -> before.observe(run, Duration.ZERO) instanceof Observed.Running
                && output(before, run).contains("tearing"));

        DirectBackend after = open();
        after.survivors();
        assertThat(after.observe(run, Duration.ZERO)).isInstanceOf(Observed.Running.class);
        Files.createFile(directory.resolve("go"));

        assertThat(code(awaitEnd(after, run))).isEqualTo(6);
        assertThat(output(after, run)).isEqualTo("tearing\ntorn down\n");
    }

    @Test
    void aTeardownThatNeverEndsIsEnded() throws Exception {
        teardown = "trap '' TERM; echo tearing; while :; do sleep 0.1; done";
        DirectBackend backend = open();
        RunId run = start(backend, "hanging-teardown", "true");
        await().until(() -> backend.observe(run, Duration.ZERO) instanceof Observed.Running
                && output(backend, run).contains("tearing"));
        Proc.Identity keeper = evidence(run).teardown().keeper().orElseThrow();
        Host host = new Host("executor-1", config());
        TaskEnvironment environment = new TaskEnvironment(
                config(),
                evidence(run).meta().site().orElseThrow(),
                evidence(run).meta().mark());

        assertThat(new Teardown(evidence(run), Duration.ZERO).proceed(new Keepers(host), host, environment, teardown))
                .isTrue();

        assertThat(Proc.isAlive(keeper)).isFalse();
        assertThat(code(awaitEnd(backend, run))).isZero();
        assertThat(output(backend, run))
                .startsWith("tearing\n"); // its shell may tell of a child that was killed before it
    }

    @Test
    void teardownIsSkippedWithoutCleanup() throws Exception {
        cleanup = false;
        teardown = "echo torn down";
        DirectBackend backend = open();
        RunId run = start(backend, "no-cleanup", "echo agent");
        awaitEnd(backend, run);

        assertThat(output(backend, run)).isEqualTo("agent\n");
        assertThat(workspace).isDirectory();
    }

    @Test
    void teardownIsNotSkippedInATargetDirectory() throws Exception {
        cleanup = false;
        teardown = "echo torn down in $PWD";
        targetDir = Optional.of(Files.createDirectory(directory.resolve("shared")));
        DirectBackend backend = open();
        RunId run = start(backend, "shared", "echo agent");
        awaitEnd(backend, run);

        assertThat(output(backend, run)).isEqualTo("agent\ntorn down in " + directory.resolve("shared") + "\n");
        assertThat(directory.resolve("shared")).isDirectory();
    }

    @Test
    void aRunThatNeverBeganIsNotTornDown() throws Exception {
        teardown = "echo torn down";
        DirectBackend backend = open();
        RunId run = run("never");
        backend.revoke(run);
        backend.start(run, task("echo agent"), _ -> {});

        awaitEnd(backend, run);

        assertThat(output(backend, run)).isEmpty();
    }

    @Test
    void aRunWhoseExecutorWasKilledBeforeTheSetupCommandBeganIsNotTornDown() throws Exception {
        teardown = "echo torn down";
        open();
        RunId run = run("cut-off");
        Evidence evidence = bareKeeper().evidence(run, true, Optional.of(teardown));

        Process keeper = bareKeeper().start(evidence, "setup() {\necho setup");

        assertThat(keeper.waitFor()).isEqualTo(1);
        DirectBackend after = open();
        assertThat(runsLeft(after)).contains(run);
        assertThat(awaitEnd(after, run).ending())
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.message()).contains("the executor was interrupted before"));
        assertThat(output(after, run)).isEmpty();
        assertThat(workspace).doesNotExist();
    }

    @Test
    void aKeeperThatWaitsInVainForAnExecutorGivesUp() throws Exception {
        open();
        RunId run = run("alone");
        Evidence evidence = bareKeeper().evidence(run, true, Optional.empty());

        Process keeper = bareKeeper().looking(1).start(evidence, leavesAVariable(evidence));

        assertThat(keeper.waitFor()).isEqualTo(1);
        assertThat(awaitEnd(open(), run).ending())
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.message()).contains("the executor did not come back"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sh", "bash"})
    void theAgentIsNotStartedWithoutWhatSetupLeft(String shell) throws Exception {
        DirectBackend backend = open();
        RunId run = run("unreadable");
        Evidence evidence = bareKeeper().evidence(run, true, Optional.empty());
        Files.createDirectory(evidence.directory().resolve("environment"));

        Process keeper = bareKeeper().withShell(shell).start(evidence, leavesAVariable(evidence));

        assertThat(keeper.waitFor()).isZero();
        assertThat(awaitEnd(backend, run).ending())
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.message()).contains("what the setup command left"));
        assertThat(output(backend, run)).isEmpty();
    }

    @Test
    void aSetupCommandThatTakesTooLongIsEndedAndTornDown() throws Exception {
        setupLimit = Optional.of(Duration.ofMillis(200));
        setup = "echo ready; exec sleep 1000";
        teardown = "echo torn down";
        DirectBackend backend = open();
        RunId run = start(backend, "overdue", "echo agent");
        awaitOutput(backend, run, "ready");

        assertThat(awaitEnd(backend, run).ending()).isInstanceOfSatisfying(Ending.NotStarted.class, never -> {
            assertThat(never.reason()).isEqualTo(FailureReason.SETUP_COMMAND);
            assertThat(never.message()).contains("did not end within", "slipway.direct.setup_timeout");
        });
        assertThat(output(backend, run)).isEqualTo("ready\ntorn down\n");
    }

    @Test
    void theLimitOfTheSetupCommandDoesNotConcernTheAgent() throws Exception {
        setupLimit = Optional.of(Duration.ofSeconds(5));
        DirectBackend backend = open();
        RunId run = start(backend, "in-time", "sleep 0.3; exit 3");
        awaitRunning(backend, run);

        setupLimit = Optional.of(Duration.ZERO);

        assertThat(code(awaitEnd(open(), run))).isEqualTo(3);
    }

    private static String leavesAVariable(Evidence evidence) {
        return BareKeeper.setup("echo LEFT=here >" + evidence.setupFile());
    }

    private BareKeeper bareKeeper() {
        return new BareKeeper(directory.resolve("evidence"), workspace);
    }

    private static void awaitRunning(Backend backend, RunId run) {
        await().until(() -> backend.observe(run, Duration.ZERO) instanceof Observed.Running);
    }

    private Evidence evidence(RunId run) throws IOException {
        return new EvidenceStore(directory.resolve("evidence"), "executor-1")
                .find(run)
                .orElseThrow();
    }

    private static TaskSpec task(List<String> argv, Map<String, SecretValue> env) {
        return new TaskSpec(
                "task", new Program.Command(argv), Optional.empty(), env, Optional.empty(), Optional.empty());
    }

    private static SecretValue secret(String value) {
        return SecretValue.of(value);
    }

    private DirectConfig config() {
        return new DirectConfig(
                directory.resolve("workspaces"),
                targetDir,
                directory.resolve("evidence"),
                Optional.empty(),
                new DirectConfig.Commands(Optional.of(setup), setupLimit, Optional.of(teardown), exposesApiKey),
                Map.of(),
                cleanup,
                Map.of(
                        "PATH", secret("/usr/local/bin:/usr/bin:/bin"),
                        "HOME", secret("/root"),
                        "WORKER_ONLY", secret("it's the worker's"),
                        "WARP_API_KEY", secret("the-key"),
                        "SLIPWAY_INTERNAL_TOKEN", secret("the-token")));
    }
}
