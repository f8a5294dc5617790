package dev.slipway.executor.direct;

import static dev.slipway.executor.direct.PlainTasks.task;
import static dev.slipway.executor.testkit.Watching.PATIENCE;
import static dev.slipway.executor.testkit.Watching.awaitEnd;
import static dev.slipway.executor.testkit.Watching.code;
import static dev.slipway.executor.testkit.Watching.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.executor.testkit.SmallDisk;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.FailureReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A state directory whose disk is full: what runs comes to its true end, what cannot begin says why. */
@SuppressWarnings("NullAway.Init") // mounted before each test
class FullDiskTest {
    private static final RunId RUN = new RunId("ledger", new ExecutionKey("run", 1));

    @TempDir
    Path directory;

    private SmallDisk disk;
    private Path evidenceRoot;
    private Path workspaceRoot;
    private Path workspace;
    private Optional<String> setup = Optional.empty();
    private @Nullable DirectBackend last;

    @BeforeEach
    void mount() throws Exception {
        disk = SmallDisk.mount(directory.resolve("disk"));
        evidenceRoot = disk.directory();
        workspaceRoot = directory.resolve("workspaces");
        workspace = workspaceRoot.resolve("task");
    }

    @AfterEach
    void leaveNothingBehind() throws Exception {
        if (disk == null) {
            return;
        }
        try (SmallDisk mounted = disk) {
            mounted.free();
            DirectBackend backend = open();
            backend.stop(RUN, Duration.ZERO);
            awaitEnd(backend, RUN);
            backend.forget(RUN);
            backend.close();
            assertThat(Files.exists(workspace)).isFalse();
        }
    }

    @Test
    void aRunThatCannotBeRecordedIsRefusedInWordsAndCanBeStartedLater() throws Exception {
        DirectBackend backend = open();
        disk.fill();

        assertThatThrownBy(() -> backend.start(RUN, task("echo agent"), _ -> {}))
                .isInstanceOfSatisfying(
                        StartFailure.class,
                        e -> assertThat(e.ending().reason()).isEqualTo(FailureReason.WORKSPACE_SETUP))
                .hasMessageContaining("No space left on device");
        disk.free();

        assertThat(backend.survivors()).isEmpty();
        assertThat(workspace).doesNotExist();
        backend.start(RUN, task("echo agent"), _ -> {});
        assertThat(code(awaitEnd(backend, RUN))).isZero();
        assertThat(output(backend, RUN)).isEqualTo("agent\n");
    }

    @Test
    void aWorkspaceThatCannotBeMadeIsToldAsThatAndLeavesNothing() throws Exception {
        evidenceRoot = directory.resolve("evidence");
        workspaceRoot = disk.directory();
        DirectBackend backend = open();
        disk.fill();

        assertThatThrownBy(() -> backend.start(RUN, task("echo agent"), _ -> {}))
                .isInstanceOfSatisfying(
                        StartFailure.class,
                        e -> assertThat(e.ending().reason()).isEqualTo(FailureReason.WORKSPACE_SETUP))
                .hasMessageContaining("cannot be made")
                .hasMessageContaining("No space left on device");

        assertThat(awaitEnd(open(), RUN).ending())
                .as("as the next process reads it")
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.message()).contains("No space left on device"));
    }

    @Test
    void aRunComesToItsTrueEndAndCanBeForgotten() throws Exception {
        DirectBackend backend = open();
        backend.start(RUN, task("while [ ! -e go ]; do sleep 0.1; done; exit 7"), _ -> {});
        disk.fill();
        Files.createFile(workspace.resolve("go"));

        assertThat(code(awaitEnd(backend, RUN))).isEqualTo(7);
        backend.forget(RUN);

        assertThat(backend.survivors()).isEmpty();
    }

    @Test
    void aRunIsStopped() throws Exception {
        DirectBackend backend = open();
        backend.start(RUN, task("exec sleep 1000"), _ -> {});
        disk.fill();

        assertThat(backend.stop(RUN, PATIENCE)).isTrue();

        assertThat(awaitEnd(backend, RUN).ending()).isInstanceOfSatisfying(Ending.Exited.class, exited -> {
            assertThat(exited.code()).isEqualTo(143);
            assertThat(exited.stopped()).isTrue();
        });
    }

    @Test
    void theNextProcessOfTheExecutorAdoptsWhatRuns() throws Exception {
        open().start(RUN, task("while [ ! -e go ]; do sleep 0.1; done; exit 7"), _ -> {});
        disk.fill();

        DirectBackend after = open();

        assertThat(after.survivors()).hasSize(1);
        assertThat(after.observe(RUN, Duration.ZERO)).isInstanceOf(Observed.Running.class);
        Files.createFile(workspace.resolve("go"));
        assertThat(code(awaitEnd(after, RUN))).isEqualTo(7);
    }

    @Test
    void anAgentThatFillsTheDiskByItsOutputEndsAsItDoesAndItsOutputIsReadWhole() throws Exception {
        DirectBackend backend = open();
        backend.start(RUN, task("head -c 4194304 /dev/zero | tr '\\0' x; exit 9"), _ -> {});

        assertThat(code(awaitEnd(backend, RUN))).isEqualTo(9);
        assertThat(output(backend, RUN)).hasSizeGreaterThan(512 << 10).contains("xxx");
    }

    @Test
    void whatSetupLeftIsHandedOverOnceThereIsRoomForIt() throws Exception {
        setup = Optional.of("echo LEFT=here >$OZ_ENVIRONMENT_FILE; touch left; while [ ! -e go ]; do sleep 0.1; done");
        DirectBackend backend = open();
        backend.start(RUN, task("echo agent $LEFT"), _ -> {});
        await().until(() -> Files.exists(workspace.resolve("left")));
        disk.fill();
        Files.createFile(workspace.resolve("go"));

        await().ignoreExceptions().until(() -> {
            assertThatThrownBy(() -> backend.observe(RUN, Duration.ZERO))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("No space left on device");
            return true;
        });
        disk.free();

        assertThat(code(awaitEnd(backend, RUN))).isZero();
        assertThat(output(backend, RUN)).isEqualTo("agent here\n");
    }

    @Test
    void aRightToStartThatCannotBeRecordedIsToldAsThat() throws Exception {
        setup = Optional.of("touch begun; while [ ! -e go ]; do sleep 0.1; done");
        DirectBackend backend = open();
        backend.start(RUN, task("echo agent"), _ -> {});
        await().until(() -> Files.exists(workspace.resolve("begun")));
        disk.fill();
        Files.createFile(workspace.resolve("go"));
        Evidence evidence =
                new EvidenceStore(disk.directory(), "executor-1").find(RUN).orElseThrow();
        await().until(() -> evidence.kept().isKeeperGone());
        disk.free();

        assertThat(awaitEnd(backend, RUN).ending()).isInstanceOfSatisfying(Ending.NotStarted.class, never -> {
            assertThat(never.reason()).isEqualTo(FailureReason.WORKSPACE_SETUP);
            assertThat(never.message()).contains("free the disk");
        });
        assertThat(output(backend, RUN)).isEmpty();
    }

    @Test
    void theRightToStartOfAnUnknownRunIsTakenOnceThereIsRoom() throws Exception {
        DirectBackend backend = open();
        disk.fill();

        assertThatThrownBy(() -> backend.revoke(RUN))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("No space left on device");
        disk.free();

        assertThat(backend.revoke(RUN)).isTrue();
    }

    private DirectBackend open() throws Exception {
        if (last != null) {
            last.close();
        }
        DirectBackend backend = new DirectBackend("executor-1", PlainTasks.config(workspaceRoot, evidenceRoot, setup));
        last = backend;
        backend.preflight();
        return backend;
    }
}
