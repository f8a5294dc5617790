package dev.slipway.executor.direct;

import static dev.slipway.executor.testkit.Watching.awaitEnd;
import static dev.slipway.executor.testkit.Watching.awaitOutput;
import static dev.slipway.executor.testkit.Watching.code;
import static dev.slipway.executor.testkit.Watching.output;
import static dev.slipway.executor.testkit.Watching.runsLeft;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.executor.core.LogSource;
import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.PreflightFailure;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.executor.core.Survivor;
import dev.slipway.executor.testkit.BackendContract;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractComparableAssert;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The backend on real processes of this host. */
class DirectBackendTest extends BackendContract {
    private static final DirectConfig.Commands NO_COMMANDS =
            new DirectConfig.Commands(Optional.empty(), Optional.empty(), Optional.empty(), false);

    @TempDir
    Path directory;

    private Path root;
    private DirectConfig config;
    private @Nullable DirectBackend last;
    private int tasks;
    private long maxBacklog = Output.MAX_BACKLOG;

    @BeforeEach
    void configure() {
        root = directory.resolve("workspaces");
        config = config(Optional.empty(), Optional.empty(), Map.of(), true);
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
        DirectBackend backend = new DirectBackend("executor-1", config, maxBacklog);
        last = backend;
        assertThat(backend.preflight()).isNotNull();
        return backend;
    }

    @Override
    protected TaskSpec task(String script) {
        return command(List.of("sh", "-c", script), Map.of(), Optional.empty());
    }

    @Override
    protected TaskSpec impossibleTask() {
        return command(List.of("no-such-program"), Map.of(), Optional.empty());
    }

    @Test
    void stopsADaemonisedGrandchildThatIgnoresThePoliteSignal() throws Exception {
        DirectBackend backend = open();
        RunId run = start(
                backend,
                "daemon",
                "setsid sh -c 'trap \"\" TERM; echo daemon $$ >>pids; while :; do sleep 0.1; done' & sleep 0.2; wait");
        Path pids = root.resolve("task-1/pids");
        await().until(() -> Files.exists(pids) && Files.size(pids) > 0);
        long pid = Long.parseLong(Files.readString(pids).strip().split(" ", -1)[1]);

        assertThat(backend.stop(run, Duration.ofMillis(300))).isTrue();

        assertThat(isAlive(pid)).isFalse();
    }

    @Test
    void stopsAProcessThatLeftSessionParentAndEnvironmentOnceItWasSeen() throws Exception {
        DirectBackend backend = open();
        RunId run = start(
                backend,
                "escape",
                "setsid env -i PATH=/usr/bin:/bin sh -c 'echo $$ >>pids; while [ ! -e go ]; do sleep 0.1; done;"
                        + " exec sleep 1000' & while [ ! -e go ]; do sleep 0.1; done");
        Path pids = root.resolve("task-1/pids");
        await().until(() -> Files.exists(pids) && Files.size(pids) > 0);
        long pid = Long.parseLong(Files.readString(pids).strip());
        assertThat(backend.observe(run, Duration.ZERO)).isInstanceOf(Observed.Running.class);

        DirectBackend restarted = open();
        restarted.survivors();
        Files.createFile(root.resolve("task-1/go"));

        assertThat(code(awaitEnd(restarted, run))).isZero();
        assertThat(isAlive(pid)).isFalse();
    }

    @Test
    void endsWhatTheAgentLeftBehindBeforeTheRunCountsAsEnded() throws Exception {
        DirectBackend backend = open();
        Path pids = directory.resolve("pids");
        RunId run = start(backend, "leftover", "sleep 1000 & echo $! >" + pids + "; exit 5");

        assertThat(code(awaitEnd(backend, run))).isEqualTo(5);

        assertThat(isAlive(Long.parseLong(Files.readString(pids).strip()))).isFalse();
    }

    @Test
    void aKilledKeeperLosesTheRunInPlainWordsAndTakesTheAgentAlong() throws Exception {
        DirectBackend backend = open();
        RunId run = start(backend, "keeper-killed", "echo $$ >pid; echo $PPID >keeper; exec sleep 1000");
        Path workspace = root.resolve("task-1");
        await().until(() -> Files.exists(workspace.resolve("keeper")) && Files.size(workspace.resolve("keeper")) > 0);
        long agent = Long.parseLong(Files.readString(workspace.resolve("pid")).strip());
        Proc.Identity keeper = evidence(run).kept().keeper().orElseThrow();

        ProcessHandle.of(keeper.pid()).orElseThrow().destroyForcibly();

        assertThat(awaitEnd(backend, run).ending())
                .isInstanceOfSatisfying(
                        Ending.Lost.class,
                        lost -> assertThat(lost.message()).contains("was killed before it had recorded"));
        assertThat(isAlive(agent)).isFalse();
    }

    @Test
    void aSignalToTheWholeGroupDoesNotKeepTheEndFromBeingRecorded() throws Exception {
        DirectBackend backend = open();
        RunId run = start(backend, "group-signal", "trap 'exit 12' TERM; kill -TERM 0; sleep 1000");

        assertThat(code(awaitEnd(backend, run))).isEqualTo(12);
    }

    @Test
    void theAgentSeesOnlyWhatItIsGiven() throws Exception {
        config = config(
                Optional.empty(),
                Optional.empty(),
                Map.of("LAID_OVER", SecretValue.of("config"), "GIT_CONFIG_GLOBAL", SecretValue.of("overridden")),
                true);
        DirectBackend backend = open();
        Map<String, SecretValue> env = Map.of(
                "OWN", SecretValue.of("a b\n'\"$c"),
                "LAID_OVER", SecretValue.of("task"),
                "HOME", SecretValue.of("/home/of/task"),
                "with.dots-and-dashes", SecretValue.of("kept"));
        RunId run = start(
                backend,
                "environment",
                command(List.of("sh", "-c", "tr '\\0' '\\n' </proc/$PPID/environ; echo; env"), env, Optional.empty()));
        awaitEnd(backend, run);

        String seen = output(backend, run);
        String keepers = seen.substring(0, seen.indexOf("\n\n"));
        assertThat(keepers.lines().map(line -> line.split("=", 2)[0]))
                .contains("OWN", "LAID_OVER", "HOME", "PATH", "GIT_CONFIG_GLOBAL", "with.dots-and-dashes")
                .contains("SLIPWAY_EXECUTION")
                .doesNotContain("JAVA_HOME", "USER", "LANG", "TERM");
        assertThat(seen)
                .contains("LAID_OVER=config", "HOME=/home/of/task", "OWN=a b\n'\"$c", "with.dots-and-dashes=kept")
                .contains("GIT_CONFIG_GLOBAL=" + root.resolve("task-1/.gitconfig"));
    }

    @Test
    void noValueOfTheEnvironmentIsInTheEvidence() throws Exception {
        DirectBackend backend = open();
        RunId run = start(
                backend,
                "secret",
                command(List.of("sh", "-c", "exit 0"), Map.of("KEY", SecretValue.of("canary-7f3a")), Optional.empty()));
        awaitEnd(backend, run);

        try (Stream<Path> files = Files.walk(evidenceRoot())) {
            assertThat(files.filter(Files::isRegularFile))
                    .isNotEmpty()
                    .allSatisfy(file -> assertThat(Files.readString(file)).doesNotContain("canary-7f3a"));
        }
    }

    @Test
    void evidenceIsForItsOwnerAlone() throws Exception {
        DirectBackend backend = open();
        RunId run = start(backend, "private", "umask; sleep 1000 & while :; do sleep 0.1; done");
        awaitOutput(backend, run, "\n");
        backend.observe(run, Duration.ZERO);

        try (Stream<Path> files = Files.walk(evidenceRoot())) {
            assertThat(files)
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .as(file.toString())
                            .endsWith("------"));
        }
        assertThat(output(backend, run)).as("the agent's own mask").isNotEqualTo("0077\n");
    }

    @Test
    void theWorkspaceIsTheTasksOwnAndGoesWithIt() throws Exception {
        DirectBackend backend = open();
        RunId run = start(backend, "workspace", "pwd; mkdir -p ro/x; touch ro/x/f; chmod -R a-w ro; exit 0");
        awaitEnd(backend, run);

        assertThat(output(backend, run)).isEqualTo(root.resolve("task-1") + "\n");
        assertThat(root.resolve("task-1")).doesNotExist();
    }

    @Test
    void aLaterRunOfTheTaskKeepsItsWorkspaceWhenAnEarlierOneIsForgotten() throws Exception {
        DirectBackend backend = open();
        TaskSpec task = task("while [ ! -e go ]; do sleep 0.1; done");
        RunId first = start(backend, "first", task);
        Files.createFile(root.resolve("task-1/go"));
        awaitEnd(backend, first);
        RunId second = start(backend, "second", task);

        backend.forget(first);
        open().survivors();

        assertThat(root.resolve("task-1")).isDirectory();
        assertThat(second).isNotEqualTo(first);
    }

    @Test
    void theWorkspaceStaysWithoutCleanup() throws Exception {
        config = config(Optional.empty(), Optional.empty(), Map.of(), false);
        DirectBackend backend = open();
        RunId run = start(backend, "no-cleanup", "touch kept");
        awaitEnd(backend, run);

        backend.forget(run);

        assertThat(root.resolve("task-1/kept")).exists();
    }

    @Test
    void aSharedDirectoryAndAGivenOneAreUsedAndNeverRemoved() throws Exception {
        Path shared = Files.createDirectory(directory.resolve("shared"));
        Path given = Files.createDirectory(directory.resolve("given"));
        config = config(Optional.of(shared), Optional.empty(), Map.of(), true);
        DirectBackend backend = open();
        RunId inShared = start(backend, "shared", "touch here; echo $GIT_CONFIG_GLOBAL");
        RunId inGiven =
                start(backend, "given", command(List.of("touch", "here"), Map.of(), Optional.of(given.toString())));
        awaitEnd(backend, inShared);
        awaitEnd(backend, inGiven);

        assertThat(output(backend, inShared)).doesNotContain(shared.toString()).contains(".gitconfig");
        assertThat(shared.resolve("here")).exists();
        assertThat(given.resolve("here")).exists();
    }

    @Test
    void refusesADirectoryThatDoesNotExist() throws Exception {
        assertThatStart("absent", command(List.of("true"), Map.of(), Optional.of("/no/such/directory")))
                .isEqualTo(FailureReason.WORKSPACE_SETUP);
    }

    @Test
    void refusesATaskIdThatIsNoSafePathComponent() throws Exception {
        for (String id : List.of("a/b", "..", ".", "", "a\nb", "x".repeat(256))) {
            TaskSpec task = new TaskSpec(
                    id,
                    new Program.Command(List.of("true")),
                    Optional.empty(),
                    Map.of(),
                    Optional.empty(),
                    Optional.empty());
            assertThatStart("unsafe", task).isEqualTo(FailureReason.WORKSPACE_SETUP);
        }
        assertThat(evidenceRoot()).isDirectoryNotContaining("glob:**unsafe**");
    }

    @Test
    void refusesAStringThatLinuxCannotPassInItsOwnWords() throws Exception {
        DirectBackend backend = open();

        assertThatThrownBy(() -> backend.start(
                        run("long-variable"),
                        command(
                                List.of("true"),
                                Map.of("BIG", SecretValue.of("x".repeat(128 * 1024))),
                                Optional.empty()),
                        _ -> {}))
                .isInstanceOfSatisfying(
                        StartFailure.class,
                        e -> assertThat(e.ending().reason()).isEqualTo(FailureReason.AGENT_INVOCATION))
                .hasMessageContaining("'BIG' is longer than Linux allows");
    }

    @Test
    void refusesMoreArgumentsThanTheHostTakes() throws Exception {
        String[] argv = new String[200];
        Arrays.fill(argv, "x".repeat(100_000));
        argv[0] = "true";

        DirectBackend backend = open();

        assertThatThrownBy(() -> backend.start(
                        run("many-arguments"), command(List.of(argv), Map.of(), Optional.empty()), _ -> {}))
                .isInstanceOfSatisfying(
                        StartFailure.class,
                        e -> assertThat(e.ending().reason()).isEqualTo(FailureReason.AGENT_INVOCATION))
                .hasMessageContaining("arguments and environment together are larger than this host allows");
    }

    @Test
    void aProgramThatCannotBeExecutedNeverStarted() throws Exception {
        Path broken = Files.writeString(directory.resolve("broken"), "#!/no/such/interpreter\n");
        Files.setPosixFilePermissions(broken, PosixFilePermissions.fromString("rwx------"));
        DirectBackend backend = open();
        RunId run = start(backend, "broken", command(List.of(broken.toString()), Map.of(), Optional.empty()));

        assertThat(awaitEnd(backend, run).ending()).isInstanceOfSatisfying(Ending.NotStarted.class, never -> {
            assertThat(never.reason()).isEqualTo(FailureReason.AGENT_INVOCATION);
            assertThat(never.message()).contains("interpreter");
        });
    }

    @Test
    void runsTheConfiguredAgentWithItsArgumentsAndHarness() throws Exception {
        Path oz = Files.writeString(
                directory.resolve("stub-oz"), "#!/bin/sh\nprintf '<%s>' \"$@\"; echo $CLAUDE_CONFIG_DIR; exit 7\n");
        Files.setPosixFilePermissions(oz, PosixFilePermissions.fromString("rwx------"));
        config = config(Optional.empty(), Optional.of(oz.toString()), Map.of(), true);
        DirectBackend backend = open();
        RunId run = start(
                backend,
                "agent",
                new TaskSpec(
                        "task-agent",
                        new Program.Agent(List.of("agent", "run", "a b", ""), Optional.of("claude")),
                        Optional.empty(),
                        Map.of(),
                        Optional.empty(),
                        Optional.empty()));

        assertThat(awaitEnd(backend, run).ending())
                .isEqualTo(new Ending.Exited(
                        7, FailureReason.AGENT_INVOCATION, "the agent exited with code 7: its output says why", false));
        assertThat(output(backend, run)).isEqualTo("<agent><run><a b><>" + root.resolve("task-agent/.claude") + "\n");
    }

    @Test
    void aMissingAgentFailsItsTasksAndNotTheExecutor() throws Exception {
        config = new DirectConfig(
                root,
                Optional.empty(),
                evidenceRoot(),
                Optional.empty(),
                NO_COMMANDS,
                Map.of(),
                true,
                Map.of("PATH", SecretValue.of("/nowhere")));
        DirectBackend backend = open();

        assertThat(backend.preflight()).singleElement().asString().contains("no 'oz' on PATH");
        assertThatThrownBy(() -> backend.start(
                        run("no-agent"),
                        new TaskSpec(
                                "t",
                                new Program.Agent(List.of(), Optional.empty()),
                                Optional.empty(),
                                Map.of(),
                                Optional.empty(),
                                Optional.empty()),
                        _ -> {}))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("backend.direct.oz_path is not set: install it");
    }

    @Test
    void aConfiguredAgentThatIsNotThereFailsThePreflight() {
        config = config(Optional.empty(), Optional.of("/no/such/oz"), Map.of(), true);

        assertThatThrownBy(this::open)
                .isInstanceOf(PreflightFailure.class)
                .hasMessageContaining("oz_path '/no/such/oz' is no executable file");
    }

    @Test
    void aSecondProcessWithTheSameExecutorIdFailsThePreflight() throws Exception {
        open();
        try (DirectBackend second = new DirectBackend("executor-1", config)) {
            assertThatThrownBy(second::preflight)
                    .isInstanceOf(PreflightFailure.class)
                    .hasMessageContaining("already runs as executor 'executor-1'");
        }
    }

    @Test
    void anotherExecutorsRunsAndAnotherLedgersAreNotMixedUp() throws Exception {
        DirectBackend backend = open();
        RunId run = start(backend, "shared-root", "sleep 1000");
        RunId sameKey = new RunId("another-ledger", run.key());

        try (DirectBackend other = new DirectBackend("executor-2", config)) {
            other.preflight();
            assertThat(other.survivors()).isEmpty();
        }
        assertThatThrownBy(() -> backend.start(sameKey, task("true"), _ -> {}))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("the evidence of the same execution under ledger");
        backend.forget(sameKey);
        assertThat(backend.observe(run, Duration.ZERO)).isInstanceOf(Observed.Running.class);
    }

    @Test
    void aRunThatNeverBeganIsGivenUpByTheNextProcess() throws Exception {
        DirectBackend backend = open();
        RunId run = run("abandoned");
        new EvidenceStore(evidenceRoot(), "executor-1").create(meta(run), Proc.bootId());

        assertThat(runsLeft(backend)).contains(run);

        assertThat(awaitEnd(backend, run).ending())
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.message()).contains("the executor was interrupted before"));
    }

    @Test
    void aRunOfAnEarlierBootIsLost() throws Exception {
        DirectBackend backend = open();
        RunId run = run("rebooted");
        Evidence evidence = new EvidenceStore(evidenceRoot(), "executor-1").create(meta(run), "another boot");
        Files.createDirectory(evidence.directory().resolve("claimed"));
        Files.writeString(evidence.directory().resolve("keeper"), "1 1\n");

        assertThat(awaitEnd(backend, run).ending())
                .isInstanceOfSatisfying(
                        Ending.Lost.class, lost -> assertThat(lost.message()).contains("the host was restarted"));
    }

    @Test
    void aRunOfAnEarlierBootIsLostAlthoughItsKeepersNameDidNotReachTheDisk() throws Exception {
        DirectBackend backend = open();
        RunId run = run("rebooted-unsynced");
        Evidence evidence = new EvidenceStore(evidenceRoot(), "executor-1").create(meta(run), "another boot");
        Files.createDirectory(evidence.directory().resolve("claimed"));
        Files.createFile(evidence.directory().resolve("keeper"));

        assertThat(awaitEnd(backend, run).ending()).isInstanceOf(Ending.Lost.class);
    }

    @Test
    void anExitRecordThatWasHalfWrittenIsNoExitCode() throws Exception {
        DirectBackend backend = open();
        RunId run = run("half-written");
        Evidence evidence = new EvidenceStore(evidenceRoot(), "executor-1").create(meta(run), Proc.bootId());
        Files.createDirectory(evidence.directory().resolve("claimed"));
        Files.writeString(evidence.directory().resolve("keeper"), deadProcess() + "\n");
        new Records(evidence.directory()).overwrite("exit", "14");

        assertThat(awaitEnd(backend, run).ending())
                .isInstanceOfSatisfying(
                        Ending.Lost.class,
                        lost -> assertThat(lost.message()).contains("was killed before it had recorded"));
    }

    @Test
    void aRunIsFoundStoppedAndForgottenWhereverTheWorkspacesAreNow() throws Exception {
        TaskSpec task = task("echo begun; exec sleep 1000");
        RunId run = start(open(), "moved", task);
        Path workspace = root.resolve(task.taskId());

        root = directory.resolve("other");
        config = config(Optional.empty(), Optional.empty(), Map.of(), true);
        DirectBackend moved = open();

        assertThat(runsLeft(moved)).contains(run);
        moved.start(run, task, _ -> {});
        assertThat(moved.observe(run, Duration.ZERO)).isInstanceOf(Observed.Running.class);
        awaitOutput(moved, run, "begun");
        assertThat(moved.stop(run, GRACE)).isTrue();
        assertThat(code(awaitEnd(moved, run))).isEqualTo(143);
        assertThat(output(moved, run)).isEqualTo("begun\n");
        assertThat(workspace).doesNotExist();
        moved.forget(run);
        assertThat(runsLeft(moved)).doesNotContain(run);
    }

    @Test
    void aWorkspaceRootThatIsNotInUseNeedNotBeUsable() throws Exception {
        root = Files.createFile(directory.resolve("file")).resolve("root");
        Path shared = Files.createDirectory(directory.resolve("shared"));
        config = config(Optional.of(shared), Optional.empty(), Map.of(), true);
        DirectBackend backend = open();

        assertThat(runsLeft(backend)).isEmpty();
        assertThat(code(awaitEnd(backend, start(backend, "shared", "touch here"))))
                .isZero();
        assertThat(shared.resolve("here")).exists();
    }

    @Test
    void aWorkspaceRootThatCannotBeMadeFailsThePreflight() throws Exception {
        root = Files.createFile(directory.resolve("file")).resolve("root");
        config = config(Optional.empty(), Optional.empty(), Map.of(), true);

        assertThatThrownBy(this::open)
                .isInstanceOf(PreflightFailure.class)
                .hasMessageContaining("workspace_root " + root + " cannot be created");
    }

    @Test
    void theTraceOfARunIsKnownToTheNextProcess() throws Exception {
        String traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        RunId run = start(
                open(),
                "traced",
                new TaskSpec(
                        "traced",
                        new Program.Command(List.of("true")),
                        Optional.empty(),
                        Map.of(),
                        Optional.empty(),
                        Optional.of(traceparent)));

        assertThat(open().survivors()).contains(new Survivor(run, Optional.of(traceparent)));
    }

    @Test
    void aRunOfAnEarlierBootIsNeverSaidNotToHaveBegun() throws Exception {
        DirectBackend backend = open();
        RunId run = run("rebooted-early");
        new EvidenceStore(evidenceRoot(), "executor-1").create(meta(run), "another boot");

        assertThat(runsLeft(backend)).contains(run);

        assertThat(backend.revoke(run)).isFalse();
        assertThat(awaitEnd(backend, run).ending()).isInstanceOf(Ending.Lost.class);
    }

    @Test
    void idsOfAnyShapeMakeSafeAndDifferentDirectories() throws Exception {
        DirectBackend backend = open();
        List<String> ids = List.of("../../etc", "a/b", "A", "ü", ".", "+x+", "x".repeat(512), "x".repeat(511) + "y");
        Map<String, String> outputs = new HashMap<>();
        for (String id : ids) {
            RunId run = start(backend, id, "echo " + ids.indexOf(id));
            awaitEnd(backend, run);
            outputs.put(id, output(backend, run).strip());
        }

        assertThat(ids).allSatisfy(id -> assertThat(outputs.get(id)).isEqualTo(String.valueOf(ids.indexOf(id))));
    }

    @Test
    void deliveredOutputFreesItsSpaceAndIsNotReadAgain() throws Exception {
        DirectBackend backend = open();
        RunId run = start(backend, "big-output", "head -c 8388608 /dev/zero | tr '\\0' x; echo; echo end");
        awaitEnd(backend, run);
        long before = blocks(evidence(run).output());
        String cursor = "";
        try (LogSource logs = backend.logs(run, "")) {
            LogSource.Chunk chunk = logs.next(1 << 18, Duration.ZERO);
            while (chunk.bytes().length() > 0) {
                cursor = chunk.cursor();
                logs.release(cursor);
                chunk = logs.next(1 << 18, Duration.ZERO);
            }
        }

        assertThat(blocks(evidence(run).output())).isLessThan(before / 4);
        assertThat(Files.size(evidence(run).output())).isEqualTo(Long.parseLong(cursor));
        assertThat(output(backend, run))
                .startsWith("[slipway: 8388608 bytes of output are left out here]")
                .endsWith("end\n");
    }

    @Test
    void anAgentThatFloodsDoesNotFillTheDiskAndItsLastWordsAreKept() throws Exception {
        maxBacklog = 8 << 20;
        DirectBackend backend = open();
        RunId run = start(
                backend,
                "flood",
                "head -c 33554432 /dev/zero | tr '\\0' x; while [ ! -e go ]; do sleep 0.1; done; echo end");
        Path output = evidence(run).output();
        await().until(() -> Files.size(output) == 32 << 20);

        assertThat(backend.observe(run, Duration.ZERO)).isInstanceOf(Observed.Running.class);
        assertThat(blocks(output) * 512).isLessThan(9 << 20);

        Files.createFile(root.resolve("task-1/go"));
        awaitEnd(backend, run);
        assertThat(output(backend, run))
                .startsWith("[slipway: 29360128 bytes of output are left out here]\nxxx")
                .endsWith("xend\n");
    }

    private static Proc.Identity deadProcess() throws Exception {
        Process process = new ProcessBuilder("sleep", "1000").start();
        Proc.Identity identity = identity(process.pid());
        process.destroyForcibly().waitFor();
        return identity;
    }

    private static Proc.Identity identity(long pid) throws IOException {
        return Proc.all().stream()
                .map(Proc.Entry::identity)
                .filter(identity -> identity.pid() == pid)
                .findFirst()
                .orElseThrow();
    }

    private AbstractComparableAssert<?, FailureReason> assertThatStart(String execution, TaskSpec task)
            throws Exception {
        DirectBackend backend = open();
        try {
            backend.start(run(execution), task, _ -> {});
        } catch (StartFailure e) {
            return assertThat(e.ending().reason()).as(e.ending().message());
        }
        throw new AssertionError("it started");
    }

    private static Evidence.Meta meta(RunId run) {
        return new Evidence.Meta(
                "executor-1",
                run.ledger(),
                run.key().execution(),
                run.key().attempt(),
                "the agent",
                "mark",
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty());
    }

    private Evidence evidence(RunId run) throws IOException {
        return new EvidenceStore(evidenceRoot(), "executor-1")
                .find(new RunId(run.ledger(), new ExecutionKey(run.key().execution(), 1)))
                .orElseThrow();
    }

    private Path evidenceRoot() {
        return directory.resolve("evidence");
    }

    private static long blocks(Path file) throws IOException {
        Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
        return Long.parseLong(new String(stat.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip());
    }

    private static boolean isAlive(long pid) throws IOException {
        return Proc.all().stream().anyMatch(entry -> entry.identity().pid() == pid);
    }

    private TaskSpec command(List<String> argv, Map<String, SecretValue> env, Optional<String> workdir) {
        return new TaskSpec(
                "task-" + ++tasks, new Program.Command(argv), Optional.empty(), env, workdir, Optional.empty());
    }

    private DirectConfig config(
            Optional<Path> targetDir, Optional<String> ozPath, Map<String, SecretValue> environment, boolean cleanup) {
        return new DirectConfig(
                root,
                targetDir,
                evidenceRoot(),
                ozPath,
                NO_COMMANDS,
                environment,
                cleanup,
                Map.of(
                        "PATH", SecretValue.of("/usr/local/bin:/usr/bin:/bin"),
                        "HOME", SecretValue.of("/root"),
                        "WORKER_ONLY", SecretValue.of("worker's"),
                        "WARP_API_KEY", SecretValue.of("key"),
                        "SLIPWAY_INTERNAL_TOKEN", SecretValue.of("token")));
    }
}
