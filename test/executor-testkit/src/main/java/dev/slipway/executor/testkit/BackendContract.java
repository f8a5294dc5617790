package dev.slipway.executor.testkit;

import static dev.slipway.executor.testkit.Watching.PATIENCE;
import static dev.slipway.executor.testkit.Watching.awaitEnd;
import static dev.slipway.executor.testkit.Watching.awaitOutput;
import static dev.slipway.executor.testkit.Watching.code;
import static dev.slipway.executor.testkit.Watching.output;
import static dev.slipway.executor.testkit.Watching.runsLeft;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.executor.core.Backend;
import dev.slipway.executor.core.LogSource;
import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.TaskSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every backend owes its executor, tried on its real engine. */
public abstract class BackendContract {
    protected static final Duration GRACE = Duration.ofSeconds(20);
    private static final String LEDGER = "3f9d7a52-9d5b-4a50-a3f5-5f5f0e6b9b51";

    private final List<RunId> begun = new ArrayList<>();

    /**
     * The backend under test. A second call stands for the executor's restart: what the earlier backend held in memory is
     * gone, and its runs go on.
     */
    protected abstract Backend open() throws Exception;

    /** A task that runs a POSIX shell script. */
    protected abstract TaskSpec task(String script);

    /** A task whose program does not exist. */
    protected abstract TaskSpec impossibleTask();

    /** Whether a run that was ended while its engine was still starting it may be told as lost. */
    protected boolean mayLoseWhatWasStarting() {
        return false;
    }

    @AfterEach
    void leavesNothingBehind() throws Exception {
        if (begun.isEmpty()) {
            return;
        }
        Backend backend = open();
        for (RunId run : begun) {
            backend.stop(run, Duration.ZERO);
            awaitEnd(backend, run);
            backend.forget(run);
        }
        assertThat(runsLeft(backend)).doesNotContainAnyElementsOf(begun);
    }

    @Test
    void tellsASuccess() throws Exception {
        Backend backend = open();
        RunId run = start(backend, "run-success", "echo done");

        Observed.Ended ended = awaitEnd(backend, run);

        assertThat(ended.ending()).isInstanceOfSatisfying(Ending.Exited.class, exited -> {
            assertThat(exited.code()).isZero();
            assertThat(exited.stopped()).isFalse();
        });
        assertThat(ended.startedAtMillis()).isPositive().isLessThanOrEqualTo(ended.endedAtMillis());
    }

    @Test
    void tellsTheExitCodeInWords() throws Exception {
        Backend backend = open();
        RunId run = start(backend, "run-exit-3", "exit 3");

        assertThat(awaitEnd(backend, run).ending()).isInstanceOfSatisfying(Ending.Exited.class, exited -> {
            assertThat(exited.code()).isEqualTo(3);
            assertThat(exited.message()).contains("exited with code 3");
        });
    }

    @Test
    void tellsADeathByASignal() throws Exception {
        Backend backend = open();
        RunId run = start(backend, "run-killed", "kill -9 $$");

        assertThat(awaitEnd(backend, run).ending()).isInstanceOfSatisfying(Ending.Exited.class, exited -> {
            assertThat(exited.code()).isEqualTo(137);
            assertThat(exited.message()).contains("signal 9");
        });
    }

    @Test
    void tellsThatAProgramCouldNotStart() throws Exception {
        Backend backend = open();
        RunId run = run("run-impossible");

        Ending ending;
        try {
            backend.start(run, impossibleTask(), _ -> {});
            ending = awaitEnd(backend, run).ending();
        } catch (StartFailure e) {
            ending = e.ending();
        }

        assertThat(ending).isInstanceOf(Ending.NotStarted.class);
    }

    @Test
    void startsOncePerRunHoweverOftenItIsAsked() throws Exception {
        Backend backend = open();
        RunId run = run("run-twice");
        TaskSpec task = task("echo begun; sleep 0.3");
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<Boolean>> starts = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                starts.add(CompletableFuture.supplyAsync(() -> starts(backend, run, task), threads));
            }
            assertThat(starts).allSatisfy(start -> assertThat(start.join()).isTrue());
        }
        awaitEnd(backend, run);
        open().start(run, task, _ -> {});

        assertThat(output(backend, run)).isEqualTo("begun\n");
    }

    @Test
    void aStartThatLosesAgainstRevokeNeverRunsAndOneThatWinsIsNotCalledRevoked() throws Exception {
        Backend backend = open();
        for (int i = 0; i < 20; i++) {
            RunId run = run("run-race-" + i);
            TaskSpec task = task("echo begun; sleep 60");
            CompletableFuture<Boolean> revoking;
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                CompletableFuture<Boolean> starting =
                        CompletableFuture.supplyAsync(() -> starts(backend, run, task), threads);
                revoking = CompletableFuture.supplyAsync(() -> revokes(backend, run), threads);
                starting.join();
            }
            if (revoking.join()) {
                assertThat(awaitEnd(backend, run).ending())
                        .isInstanceOfSatisfying(
                                Ending.NotStarted.class,
                                never -> assertThat(never.reason()).isEqualTo(FailureReason.TASK_CANCELLED));
                assertThat(output(backend, run)).isEmpty();
            } else {
                assertThat(backend.observe(run, Duration.ZERO))
                        .satisfiesAnyOf(
                                observed -> assertThat(observed).isInstanceOf(Observed.Running.class),
                                observed -> assertThat(observed)
                                        .isInstanceOfSatisfying(
                                                Observed.Ended.class,
                                                ended -> assertThat(ended.ending())
                                                        .isInstanceOfAny(
                                                                Ending.Exited.class,
                                                                mayLoseWhatWasStarting()
                                                                        ? Ending.Lost.class
                                                                        : Ending.Exited.class)));
            }
        }
    }

    @Test
    void aRevokedRunNeverStarts() throws Exception {
        Backend backend = open();
        RunId run = run("run-revoked");
        assertThat(backend.revoke(run)).isTrue();

        starts(backend, run, task("echo begun"));
        starts(open(), run, task("echo begun"));

        assertThat(awaitEnd(backend, run).ending()).isInstanceOf(Ending.NotStarted.class);
        assertThat(output(backend, run)).isEmpty();
    }

    /** Nobody wanted it stopped: what is recorded as stopped would not be tried again. */
    @Test
    void aStartThatFailedHalfWayIsToldAsOneThatMayBeTriedAgainAlsoByTheNextProcess() throws Exception {
        for (int steps = 1; steps <= 3; steps++) {
            Backend backend = open();
            RunId run = run("run-half-way-" + steps);
            if (!failsAtStep(steps, backend, run, task("echo begun"))) {
                continue; // it takes fewer steps
            }

            assertThat(backend.revoke(run)).isTrue();

            assertThat(awaitEnd(backend, run).ending()).satisfies(BackendContract::mayBeTriedAgain);
            Backend next = open();
            assertThat(runsLeft(next)).contains(run);
            assertThat(awaitEnd(next, run).ending()).satisfies(BackendContract::mayBeTriedAgain);
            assertThat(output(next, run)).isEmpty();
        }
    }

    private static void mayBeTriedAgain(Ending ending) {
        assertThat(ending)
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.isTransient()).as("%s", never).isTrue());
    }

    /** Has a start fail when it tells its n-th step. */
    private static boolean failsAtStep(int step, Backend backend, RunId run, TaskSpec task) throws Exception {
        AtomicInteger steps = new AtomicInteger();
        try {
            backend.start(run, task, _ -> {
                if (steps.incrementAndGet() == step) {
                    throw new IllegalStateException("half-way");
                }
            });
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }

    @Test
    void aRunThatBeganCannotBeRevoked() throws Exception {
        Backend backend = open();
        RunId run = start(backend, "run-irrevocable", "echo began; sleep 60");
        awaitOutput(backend, run, "began");

        assertThat(backend.revoke(run)).isFalse();
        assertThat(backend.observe(run, Duration.ZERO)).isInstanceOf(Observed.Running.class);
    }

    @Test
    void stopsPolitely() throws Exception {
        Backend backend = open();
        RunId run =
                start(backend, "run-polite", "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.1; done");
        awaitOutput(backend, run, "ready");

        assertThat(backend.stop(run, GRACE)).isTrue();

        assertThat(awaitEnd(backend, run).ending()).isInstanceOfSatisfying(Ending.Exited.class, exited -> {
            assertThat(exited.code()).isZero();
            assertThat(exited.stopped()).isTrue();
        });
        assertThat(output(backend, run)).contains("bye");
    }

    @Test
    void stopsFirmlyWhatIgnoresThePoliteSignal() throws Exception {
        Backend backend = open();
        RunId run = start(backend, "run-stubborn", "trap '' TERM; echo ready; while :; do sleep 0.1; done");
        awaitOutput(backend, run, "ready");

        assertThat(backend.stop(run, Duration.ofMillis(200))).isTrue();

        assertThat(awaitEnd(backend, run).ending()).isInstanceOfSatisfying(Ending.Exited.class, exited -> {
            assertThat(exited.code()).isEqualTo(137);
            assertThat(exited.stopped()).isTrue();
        });
    }

    @Test
    void aStopOfARunThatNobodyStartedIsDone() throws Exception {
        assertThat(open().stop(run("run-unknown"), GRACE)).isTrue();
    }

    @Test
    void aStopAfterTheEndChangesNothing() throws Exception {
        Backend backend = open();
        RunId run = start(backend, "run-late-stop", "exit 0");
        Observed.Ended ended = awaitEnd(backend, run);

        assertThat(backend.stop(run, GRACE)).isTrue();

        assertThat(awaitEnd(backend, run)).isEqualTo(ended);
        assertThat(awaitEnd(open(), run)).isEqualTo(ended);
    }

    @Test
    void stoppingARunNobodyKnowsIsDoneAtOnce() throws Exception {
        assertThat(open().stop(run("run-unknown-stop"), GRACE)).isTrue();
    }

    @Test
    void aRunWithoutEvidenceIsLost() throws Exception {
        assertThat(awaitEnd(open(), run("run-unknown")).ending()).isInstanceOf(Ending.Lost.class);
    }

    @Test
    void runsSurviveTheExecutorAndAreFoundAgain() throws Exception {
        Backend before = open();
        RunId running = start(before, "run-survivor", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done");
        RunId ended = start(before, "run-ended-survivor", "exit 4");
        awaitOutput(before, running, "ready");
        awaitEnd(before, ended);

        Backend after = open();

        assertThat(runsLeft(after)).contains(running, ended);
        assertThat(after.observe(running, Duration.ZERO)).isInstanceOf(Observed.Running.class);
        assertThat(code(awaitEnd(after, ended))).isEqualTo(4);
        assertThat(after.stop(running, GRACE)).isTrue();
        assertThat(code(awaitEnd(after, running))).isEqualTo(9);
    }

    @Test
    void anEndWhileNoExecutorWatchedIsKnownAfterwards() throws Exception {
        RunId run = start(open(), "run-unwatched", "sleep 0.3; exit 6");

        Backend after = open();
        after.survivors();

        assertThat(code(awaitEnd(after, run))).isEqualTo(6);
    }

    @Test
    void forgettingDeletesTheEvidence() throws Exception {
        Backend backend = open();
        RunId run = start(backend, "run-forgotten", "exit 0");
        awaitEnd(backend, run);
        assertThat(runsLeft(backend)).contains(run);

        backend.forget(run);
        backend.forget(run);

        assertThat(runsLeft(backend)).doesNotContain(run);
        assertThat(awaitEnd(backend, run).ending()).isInstanceOf(Ending.Lost.class);
    }

    @Test
    void outputComesWholeAndInOrderAndGoesOnWhereACursorSays() throws Exception {
        Backend backend = open();
        RunId run = start(
                backend, "run-output", "i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo line $i; done; echo err >&2");
        awaitEnd(backend, run);
        String whole = output(backend, run);
        // An engine may read the two streams from two pipes: only within each of them the order is certain.
        assertThat(whole).contains("err\n");
        assertThat(whole.replace("err\n", "")).startsWith("line 1\nline 2\n").endsWith("line 499\nline 500\n");

        StringBuilder pieces = new StringBuilder();
        String cursor = "";
        while (pieces.length() < whole.length()) {
            try (LogSource logs = open().logs(run, cursor)) {
                LogSource.Chunk chunk = logs.next(100, PATIENCE);
                pieces.append(new String(chunk.bytes().toArray(), StandardCharsets.UTF_8));
                cursor = chunk.cursor();
                logs.release(cursor);
            }
        }

        assertThat(pieces).hasToString(whole);
    }

    @Test
    void outputCanBeReadWhileTheRunGoesOn() throws Exception {
        Backend backend = open();
        RunId run = start(backend, "run-live", "echo first; sleep 60");

        awaitOutput(backend, run, "first");

        assertThat(backend.observe(run, Duration.ZERO)).isInstanceOf(Observed.Running.class);
    }

    /** A run of a ledger of its own name; it is ended and forgotten after the test. */
    protected final RunId run(String execution) {
        RunId run = new RunId(LEDGER, new ExecutionKey(execution, 1));
        begun.add(run);
        return run;
    }

    protected final RunId start(Backend backend, String execution, String script) throws Exception {
        return start(backend, execution, task(script));
    }

    protected final RunId start(Backend backend, String execution, TaskSpec task) throws Exception {
        RunId run = run(execution);
        backend.start(run, task, _ -> {});
        return run;
    }

    /** Whether {@code start} returned normally; a failure to start is a legal answer, any other is not. */
    private static boolean starts(Backend backend, RunId run, TaskSpec task) {
        try {
            backend.start(run, task, _ -> {});
            return true;
        } catch (StartFailure e) {
            return false;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean revokes(Backend backend, RunId run) {
        try {
            return backend.revoke(run);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
