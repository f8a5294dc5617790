package dev.slipway.executor.direct;

import static dev.slipway.executor.direct.PlainTasks.task;
import static dev.slipway.executor.testkit.Watching.PATIENCE;
import static dev.slipway.executor.testkit.Watching.awaitEnd;
import static dev.slipway.executor.testkit.Watching.awaitOutput;
import static dev.slipway.executor.testkit.Watching.code;
import static dev.slipway.executor.testkit.Watching.output;
import static dev.slipway.executor.testkit.Watching.runsLeft;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.Progress;
import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.FailureReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process of the executor finds that an earlier one left, wherever that was killed: told apart, and cleared away. */
@SuppressWarnings("NullAway.Init") // configured before each test
class AdoptionTest {
    private static final Optional<String> TEARDOWN = Optional.of("echo torn down");
    private static final RunId RUN = new RunId("ledger", new ExecutionKey("run", 1));

    @TempDir
    Path directory;

    private final List<Process> strangers = new ArrayList<>();
    private Path evidenceRoot;
    private Path workspace;
    private BareKeeper keepers;
    private @Nullable DirectBackend last;

    @BeforeEach
    void configure() throws Exception {
        evidenceRoot = directory.resolve("evidence");
        workspace = directory.resolve("workspaces/task");
        keepers = new BareKeeper(evidenceRoot, workspace);
        open();
    }

    @AfterEach
    void leaveNothingBehind() throws Exception {
        strangers.forEach(Process::destroyForcibly);
        DirectBackend backend = open();
        for (RunId run : runsLeft(backend)) {
            backend.stop(run, Duration.ZERO);
            awaitEnd(backend, run);
            backend.forget(run);
        }
        backend.close();
        assertThat(evidenceRoot).isDirectoryNotContaining("glob:**/run*");
    }

    @Test
    void aStrangerThatHasTheKeepersPidNowIsNotTakenForIt() throws Exception {
        Proc.Identity stranger = stranger();
        Evidence evidence = begun(Proc.bootId(), new Proc.Identity(stranger.pid(), stranger.startTicks() - 1));

        DirectBackend after = open();
        after.survivors();

        assertThat(evidence.kept().isKeeperGone()).isTrue();
        assertThat(awaitEnd(after, RUN).ending())
                .isInstanceOfSatisfying(
                        Ending.Lost.class,
                        lost -> assertThat(lost.message()).contains("was killed before it had recorded"));
        assertThat(Proc.isAlive(stranger)).isTrue();
    }

    @Test
    void aStrangerThatHasTheKeepersPidAfterABootIsLeftAlone() throws Exception {
        Proc.Identity stranger = stranger();
        Evidence evidence = begun("another boot", stranger);
        evidence.kept().recordSeen(Set.of(stranger));

        DirectBackend after = open();
        after.survivors();
        after.stop(RUN, Duration.ZERO);

        assertThat(awaitEnd(after, RUN).ending())
                .isInstanceOfSatisfying(
                        Ending.Lost.class, lost -> assertThat(lost.message()).contains("the host was restarted"));
        assertThat(Proc.isAlive(stranger)).isTrue();
        assertThat(workspace).doesNotExist();
    }

    @Test
    void anEndThatWasRecordedBeforeABootIsTheRunsEnd() throws Exception {
        Evidence evidence = begun("another boot", new Proc.Identity(1, 1));
        new Records(evidence.directory()).overwrite("exit", "5   \n");

        assertThat(code(awaitEnd(open(), RUN))).isEqualTo(5);
    }

    @Test
    void aSetupRecordThatWasHalfWrittenIsNoExitCode() throws Exception {
        Evidence evidence = keepers.evidence(RUN, true, TEARDOWN);
        Files.createDirectories(workspace);
        new Records(evidence.directory()).overwrite("setup", "begun");
        new Records(evidence.directory()).overwrite("setup", "12");
        Files.writeString(evidence.directory().resolve("keeper"), "1 1\n");

        assertThat(awaitEnd(open(), RUN).ending()).isInstanceOfSatisfying(Ending.NotStarted.class, never -> {
            assertThat(never.reason()).isEqualTo(FailureReason.UNKNOWN);
            assertThat(never.message()).contains("was killed before the command started");
        });
        assertThat(output(open(), RUN)).isEqualTo("torn down\n");
    }

    @Test
    void aKeeperThatWasKilledWhileNoExecutorLivedLosesTheRunAndTheAgentIsEnded() throws Exception {
        DirectBackend before = open();
        before.start(RUN, task("echo $$; exec sleep 1000"), _ -> {});
        awaitOutput(before, RUN, "\n");
        long agent = Long.parseLong(output(before, RUN).strip());
        Proc.Identity keeper = evidence().kept().keeper().orElseThrow();
        before.close();

        ProcessHandle.of(keeper.pid()).orElseThrow().destroyForcibly();
        await().until(() -> !Proc.isAlive(keeper));

        DirectBackend after = open();
        assertThat(runsLeft(after)).containsExactly(RUN);
        assertThat(awaitEnd(after, RUN).ending()).isInstanceOf(Ending.Lost.class);
        assertThat(Proc.all().stream().map(entry -> entry.identity().pid())).doesNotContain(agent);
    }

    @Test
    void aRunThatWasRecordedBeforeItsWorkspaceWasMadeNeverBegan() throws Exception {
        keepers.evidence(RUN, false, TEARDOWN);

        assertNeverBegan();
    }

    @Test
    void aWorkspaceThatWasMadeForARunThatNeverBeganIsRemoved() throws Exception {
        keepers.evidence(RUN, false, TEARDOWN);
        Files.createDirectories(workspace);

        assertNeverBegan();
    }

    @Test
    void aRunThatWasRevokedBecauseItsStartFailedHalfWayIsNotToldAsStopped() throws Exception {
        DirectBackend before = open();
        Progress broken = _ -> {
            throw new IllegalStateException("broken");
        };
        assertThatThrownBy(() -> before.start(RUN, task("echo agent"), broken))
                .isInstanceOf(IllegalStateException.class);
        assertThat(before.revoke(RUN)).isTrue();

        DirectBackend after = open();
        assertThat(runsLeft(after)).containsExactly(RUN);
        assertThat(awaitEnd(after, RUN).ending())
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.isTransient()).isTrue());
    }

    @Test
    void aKeeperThatComesAfterItsRunWasGivenUpStartsNothing() throws Exception {
        Evidence evidence = keepers.evidence(RUN, false, TEARDOWN);
        assertNeverBegan();

        assertThat(keepers.start(evidence).waitFor()).isEqualTo(1);

        assertThat(output(open(), RUN)).isEmpty();
    }

    @Test
    void aKeeperThatWaitsForItsSetupCommandWhenItsRunIsGivenUpRunsNeitherThatNorTheAgent() throws Exception {
        Evidence evidence = keepers.evidence(RUN, true, TEARDOWN);
        Process keeper = keepers.start(evidence);
        await().until(() -> evidence.kept().keeper().isPresent());

        assertThat(open().revoke(RUN)).isTrue();
        BareKeeper.give(keeper, BareKeeper.setup("echo setup"));

        assertThat(keeper.waitFor()).isEqualTo(1);
        assertThat(awaitEnd(open(), RUN).ending()).isInstanceOf(Ending.NotStarted.class);
        assertThat(output(open(), RUN)).isEmpty();
    }

    @Test
    void aKeeperThatWaitsForTheExecutorIsRevoked() throws Exception {
        Evidence evidence = keepers.evidence(RUN, true, TEARDOWN);
        Process keeper = keepers.start(evidence, BareKeeper.setup("echo LEFT=here >" + evidence.setupFile()));
        await().until(() -> evidence.setupCode().isPresent());

        assertThat(open().revoke(RUN)).isTrue();

        assertThat(keeper.waitFor()).isEqualTo(1);
        assertThat(awaitEnd(open(), RUN).ending()).isInstanceOf(Ending.NotStarted.class);
        assertThat(output(open(), RUN)).isEqualTo("torn down\n");
    }

    @Test
    void aKeeperThatNobodyRevokedGoesOnByItselfAndIsAdopted() throws Exception {
        Evidence evidence = keepers.evidence(RUN, true, Optional.empty());
        keepers.start(evidence, BareKeeper.setup("while [ ! -e go ]; do sleep 0.1; done"));
        await().until(evidence::hasBegunSetup);

        DirectBackend after = open();
        assertThat(runsLeft(after)).containsExactly(RUN);
        assertThat(after.observe(RUN, Duration.ZERO)).isEqualTo(new Observed.Preparing("setup"));
        Files.createFile(workspace.resolve("go"));

        assertThat(code(awaitEnd(after, RUN))).isZero();
        assertThat(output(after, RUN)).isEqualTo("agent\n");
    }

    @Test
    void whatThisExecutorLeftHalfMadeIsRemovedAndNothingElse() throws Exception {
        Path halfMade = Files.createDirectories(evidenceRoot.resolve("+executor-1+f00d/teardown"));
        Path emptied = Files.createDirectory(evidenceRoot.resolve("run-of-before"));
        Path othersHalfMade = Files.createDirectories(evidenceRoot.resolve("+executor-2+f00d/teardown"));
        Path fileSystems = Files.createDirectory(evidenceRoot.resolve("lost+found"));
        Path unknown = Files.createDirectories(evidenceRoot.resolve("unknown/1/thing"));
        Path elsewhere = Files.createDirectories(directory.resolve("workspaces/elsewhere"));

        assertThat(open().survivors()).isEmpty();

        assertThat(halfMade.getParent()).doesNotExist();
        assertThat(emptied).doesNotExist();
        assertThat(List.of(othersHalfMade, fileSystems, unknown, elsewhere))
                .allSatisfy(kept -> assertThat(kept).exists());
    }

    @Test
    void oneDamagedRecordDoesNotHideTheOthers() throws Exception {
        DirectBackend before = open();
        before.start(RUN, task("exit 6"), _ -> {});
        Path damaged = Files.createDirectories(evidenceRoot.resolve("damaged/1"));
        Files.writeString(damaged.resolve("meta.json"), "{\"executor\":\"exec");

        DirectBackend after = open();

        assertThat(runsLeft(after)).containsExactly(RUN);
        assertThat(code(awaitEnd(after, RUN))).isEqualTo(6);
        assertThat(damaged).exists();
    }

    private void assertNeverBegan() throws Exception {
        DirectBackend after = open();
        assertThat(runsLeft(after)).containsExactly(RUN);
        assertThat(awaitEnd(after, RUN).ending())
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.message()).contains("the executor was interrupted before"));
        assertThat(output(after, RUN)).as("no teardown, either").isEmpty();
        assertThat(workspace).doesNotExist();
    }

    /** As a run looks whose keeper claimed the right to start. */
    private Evidence begun(String boot, Proc.Identity keeper) throws IOException {
        Evidence evidence = keepers.evidence(RUN, false, Optional.empty(), boot);
        Files.createDirectories(workspace);
        Files.createDirectory(evidence.directory().resolve("claimed"));
        Files.writeString(evidence.directory().resolve("keeper"), keeper + "\n");
        return evidence;
    }

    /** The leader of a session of its own, as keepers are. */
    private Proc.Identity stranger() throws IOException {
        Process process = new ProcessBuilder("setsid", "sleep", "1000").start();
        strangers.add(process);
        await().atMost(PATIENCE)
                .until(() -> entry(process.pid())
                        .filter(entry -> entry.session() == process.pid())
                        .isPresent());
        return entry(process.pid()).orElseThrow().identity();
    }

    private static Optional<Proc.Entry> entry(long pid) throws IOException {
        return Proc.all().stream()
                .filter(entry -> entry.identity().pid() == pid)
                .findFirst();
    }

    private Evidence evidence() throws IOException {
        return new EvidenceStore(evidenceRoot, "executor-1").find(RUN).orElseThrow();
    }

    private DirectBackend open() throws Exception {
        if (last != null) {
            last.close();
        }
        DirectBackend backend = new DirectBackend(
                "executor-1", PlainTasks.config(directory.resolve("workspaces"), evidenceRoot, Optional.empty()));
        last = backend;
        backend.preflight();
        return backend;
    }
}
