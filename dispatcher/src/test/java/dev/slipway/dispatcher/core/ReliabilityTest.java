package dev.slipway.dispatcher.core;

import static dev.slipway.dispatcher.core.Desk.finished;
import static dev.slipway.dispatcher.core.Desk.key;
import static dev.slipway.dispatcher.core.Desk.preparing;
import static dev.slipway.dispatcher.core.Desk.running;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.TaskState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Attempts, time limits, lost executors, older ledgers, shutdowns: what the core decides about them. */
class ReliabilityTest {
    private static final long SECOND = 1_000;
    private static final Ending PASSING = Cause.START_FAILED.notStarted("the engine hiccuped");
    private static final Ending LASTING = Cause.PROGRAM_MISSING.notStarted("there is no such program");

    private final Desk desk = new Desk(limits(OptionalLong.of(3_600 * SECOND)));

    // --- attempts

    @Test
    void aStartThatCertainlyNeverWasIsTriedAgainAfterAWhile() {
        desk.submit("a");
        desk.sync("e");

        assertThat(neverStarted(1, PASSING).orElseThrow().ack()).containsExactly(key("a"));
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.QUEUED);
        assertThat(waiting("a")).contains("attempt 1 did not start");
        assertThat(desk.sync("e")).isEmpty();

        desk.now += 6 * SECOND;
        assertThat(desk.sync("e").orElseThrow().launch()).containsExactly(new ExecutionKey("a", 2));
    }

    @Test
    void waitsLongerAfterEveryAttemptAndGivesUpAfterTheLast() {
        desk.submit("a");
        desk.sync("e");
        neverStarted(1, PASSING);
        desk.now += 5 * SECOND;
        desk.sync("e");
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.LAUNCHING);
        neverStarted(2, PASSING);
        desk.now += 5 * SECOND;
        desk.sync("e");
        assertThat(desk.stateOf("a")).as("the second wait is longer").isEqualTo(TaskState.QUEUED);
        desk.now += 5 * SECOND;
        desk.sync("e");

        neverStarted(3, PASSING);

        assertThat(outcome("a").reason()).contains(FailureReason.UNKNOWN);
        assertThat(told("a")).contains("the engine hiccuped", "attempt 3");
    }

    @Test
    void whatWillNotPassIsNotTriedAgain() {
        desk.submit("a");
        desk.sync("e");

        neverStarted(1, LASTING);

        assertThat(outcome("a").reason()).contains(FailureReason.AGENT_INVOCATION);
    }

    @Test
    void anAgentThatRanOrMayHaveRunIsNotStartedAgain() {
        for (Ending ending : List.of(
                new Ending.Exited(1, FailureReason.AGENT_INVOCATION, "m", false), Cause.HOST_RESTARTED.lost("m"))) {
            Desk other = new Desk();
            other.submit("a");
            other.sync("e");
            other.sync("e", 0, List.of(), List.of(new ExecutorSync.Finished(key("a"), ending, 0, Desk.START)));

            assertThat(other.stateOf("a")).isEqualTo(TaskState.FAILED);
        }
    }

    @Test
    void whatIsToBeStoppedIsNotTriedAgain() {
        desk.submit("a");
        desk.sync("e");
        desk.play(new Event.CancelExecution("a", "user"));

        neverStarted(1, PASSING);

        assertThat(desk.stateOf("a")).isEqualTo(TaskState.CANCELLED);
    }

    @Test
    void whatWaitsForItsNextAttemptCanBeCancelled() {
        desk.submit("a");
        desk.sync("e");
        neverStarted(1, PASSING);

        desk.play(new Event.CancelExecution("a", "user"));

        assertThat(desk.stateOf("a")).isEqualTo(TaskState.CANCELLED);
    }

    @Test
    void aLateReportOfAnEarlierAttemptChangesNothing() {
        desk.submit("a");
        desk.sync("e");
        neverStarted(1, PASSING);
        desk.now += 6 * SECOND;
        desk.sync("e");

        Optional<Answer.ToExecutor> answer = neverStarted(1, PASSING);

        assertThat(desk.stateOf("a")).isEqualTo(TaskState.LAUNCHING);
        assertThat(answer.orElseThrow().ack()).containsExactly(key("a"));
        assertThat(answer.orElseThrow().launch()).containsExactly(new ExecutionKey("a", 2));
    }

    // --- time limits

    @Test
    void theDefaultTimeoutHoldsForWhatBringsNone() {
        Desk limited = new Desk(new Limits(
                0,
                100,
                Map.of(),
                times(OptionalLong.of(60 * SECOND), OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty()),
                RETRY));
        limited.submit("a");
        limited.play(new Event.Submit("b", true, "t", Source.API, 0, false, OptionalLong.of(90 * SECOND)));
        limited.sync("e");
        limited.sync("e", running("a"), running("b"));

        limited.now += 61 * SECOND;
        limited.play(new Event.Tick());
        assertThat(limited.stateOf("a")).isEqualTo(TaskState.STOPPING);
        assertThat(limited.stateOf("b")).isEqualTo(TaskState.RUNNING);

        limited.sync("e", 0, List.of(running("b")), List.of(finished("a", 143, true)));
        assertThat(((Life.Ended) limited.state.execution("a").orElseThrow().life()).reason())
                .contains(FailureReason.TASK_TIMEOUT);
    }

    @Test
    void whatWaitsTooLongFailsAndIsTold() {
        Desk limited = new Desk(new Limits(
                0,
                100,
                Map.of(),
                times(OptionalLong.empty(), OptionalLong.of(60 * SECOND), OptionalLong.empty(), OptionalLong.empty()),
                RETRY));
        limited.play(new Event.Tick());
        limited.assign("a", "task");
        limited.now += 3 * SECOND;
        limited.play(new Event.Tick());
        tick(limited, 56);
        limited.play(new Event.Tick());
        assertThat(limited.stateOf("a")).isEqualTo(TaskState.QUEUED);

        tick(limited, 1);

        assertThat(((Life.Ended) limited.state.execution("a").orElseThrow().life()).reason())
                .contains(FailureReason.DISPATCH_TIMEOUT);
        assertThat(limited.state.outbox()).extracting(Message::kind).contains(Message.Kind.RESULT);
    }

    @Test
    void timeInWhichNothingCouldRunDoesNotExpireWhatWaits() {
        Desk limited = new Desk(new Limits(
                0,
                100,
                Map.of(),
                times(OptionalLong.empty(), OptionalLong.of(60 * SECOND), OptionalLong.empty(), OptionalLong.empty()),
                RETRY));
        limited.submit("a");
        limited.now += 3_600 * SECOND;

        limited.play(new Event.Tick());
        tick(limited, 59);
        assertThat(limited.stateOf("a")).isEqualTo(TaskState.QUEUED);
        tick(limited, 1);
        assertThat(limited.stateOf("a")).isEqualTo(TaskState.FAILED);
    }

    private static void tick(Desk desk, int seconds) {
        for (int i = 0; i < seconds; i++) {
            desk.now += SECOND;
            desk.play(new Event.Tick());
        }
    }

    @Test
    void aSilentTaskIsShownAsStalledAndGoesOn() {
        desk.submit("a");
        desk.sync("e");
        desk.sync("e", running("a", 59 * SECOND));
        assertThat(isStalled("a")).isFalse();

        desk.sync("e", running("a", 60 * SECOND));
        desk.sync("e", running("a", 61 * SECOND));
        assertThat(isStalled("a")).isTrue();
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.RUNNING);

        desk.sync("e", running("a", 0));
        assertThat(isStalled("a")).isFalse();
        assertThat(desk.changes.stream().filter(Change.Stalled.class::isInstance))
                .hasSize(2);
    }

    // --- lost executors

    @Test
    void anExecutorThatStaysAwayIsGivenUpWithItsTasks() {
        desk.submit("a");
        desk.submit("b");
        desk.sync("e");
        desk.sync("e", running("a"), preparing("b"));
        desk.play(new Event.Tick());

        passWithoutReports(3_598);
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.RUNNING);
        passWithoutReports(2);

        assertThat(outcome("a").reason()).contains(FailureReason.UNKNOWN);
        assertThat(told("a")).contains("executor e has been away");
        assertThat(desk.stateOf("b"))
                .as("it may have started: nobody took its right away")
                .isEqualTo(TaskState.FAILED);
    }

    @Test
    void whatALostExecutorStillRunsIsDroppedWhenItIsBack() {
        desk.submit("a");
        desk.sync("e");
        desk.sync("e", running("a"));
        desk.play(new Event.Tick());
        passWithoutReports(3_602);

        assertThat(desk.sync("e", running("a")).orElseThrow().drop()).containsExactly(key("a"));
        assertThat(desk.finish("e", "a", 0).orElseThrow().ack()).containsExactly(key("a"));
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.FAILED);
    }

    @Test
    void anExecutorThatJustCameBackIsNotLost() {
        desk.submit("a");
        desk.sync("e");
        desk.sync("e", running("a"));
        desk.play(new Event.Tick());
        passWithoutReports(3_598);

        desk.play(new Event.ExecutorReport(
                "e", new ExecutorSync(2, 1, BackendKind.DIRECT, 0, "", false, List.of(), List.of(), "")));
        passWithoutReports(10);

        assertThat(desk.stateOf("a")).isEqualTo(TaskState.RUNNING);
    }

    @Test
    void timeInWhichTheLoopStoodStillDoesNotCount() {
        desk.submit("a");
        desk.sync("e");
        desk.sync("e", running("a"));
        desk.play(new Event.Tick());

        desk.now += 10_000 * SECOND;
        desk.play(new Event.Tick());
        desk.play(new Event.Tick());

        assertThat(desk.stateOf("a")).isEqualTo(TaskState.RUNNING);
    }

    // --- an older copy of the ledger

    @Test
    void aRunThatAnOlderLedgerKnowsNothingOfIsTakenOverAndNotStartedAgain() {
        desk.submit("a");

        desk.now += 3_600 * SECOND;

        Optional<Answer.ToExecutor> answer = desk.sync("e", running("a"));

        assertThat(answer).isEmpty();
        assertThat(((Life.Running) desk.state.execution("a").orElseThrow().life()).startedAt())
                .isEqualTo(Desk.START);
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.RUNNING);
        desk.finish("e", "a", 0);
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.SUCCEEDED);
    }

    @Test
    void anEndThatAnOlderLedgerKnowsNothingOfCounts() {
        desk.submit("a");

        Optional<Answer.ToExecutor> answer = desk.finish("e", "a", 3);

        assertThat(outcome("a").exitCode()).hasValue(3);
        assertThat(answer.orElseThrow().ack()).containsExactly(key("a"));
        assertThat(answer.orElseThrow().launch()).isEmpty();
    }

    @Test
    void aLaterAttemptElsewhereBeatsTheOneOfAnOlderLedger() {
        desk.submit("a");
        desk.sync("e");

        desk.sync("f", new ExecutorSync.Run(new ExecutionKey("a", 2), true, false, Desk.START, 0));

        assertThat(desk.state.execution("a").orElseThrow().key()).isEqualTo(new ExecutionKey("a", 2));
        assertThat(desk.sync("e", preparing("a")).orElseThrow().drop()).containsExactly(key("a"));
    }

    @Test
    void whatIsFoundRunningHadBeenClaimed() {
        desk.assign("a", "t");

        desk.sync("e", running("a"));

        assertThat(desk.state.execution("a").orElseThrow().claimed()).isTrue();
    }

    @Test
    void takingOverForgetsNoStop() {
        desk.submit("a");
        desk.sync("e");
        desk.play(new Event.CancelExecution("a", "user"));

        Answer.ToExecutor answer = desk.sync(
                        "f", new ExecutorSync.Run(new ExecutionKey("a", 2), true, false, Desk.START, 0))
                .orElseThrow();

        assertThat(answer.stop()).containsExactly(new ExecutionKey("a", 2));
    }

    // --- what an older copy of the ledger may not know, until everybody has been heard

    @Test
    void whatWasQueuedBeforeIsNotLaunchedWhileAnExecutorThatIsNotHeardYetMayRunIt() {
        Desk restarted = restarted(new Life.Queued(0), 0, "e", "f");

        assertThat(restarted.sync("e")).isEmpty();
        assertThat(restarted.sync("f", running("a"))).isEmpty();

        assertThat(restarted.sync("e").orElseThrow().launch()).isEmpty();
        assertThat(((Life.Running) restarted.state.execution("a").orElseThrow().life()).executor())
                .isEqualTo("f");
    }

    @Test
    void whatWasBeingLaunchedBeforeIsNotGivenAgainWhileALaterAttemptMayRunElsewhere() {
        Desk restarted = restarted(new Life.Launching("e", Desk.START - SECOND), 1, "e", "f");

        assertThat(restarted.sync("e")).isEmpty();
        restarted.sync("f", new ExecutorSync.Run(new ExecutionKey("a", 2), true, false, Desk.START, 0));

        assertThat(restarted.sync("e").orElseThrow().launch()).isEmpty();
        assertThat(restarted.state.execution("a").orElseThrow().key()).isEqualTo(new ExecutionKey("a", 2));
    }

    @Test
    void aStartThatNeverWasIsNotTriedAgainBeforeEverybodyIsHeard() {
        Desk restarted = restarted(new Life.Launching("e", Desk.START - SECOND), 1, "e", "f");
        restarted.sync("e", 0, List.of(), List.of(new ExecutorSync.Finished(key("a"), PASSING, 0, restarted.now)));

        restarted.now += 6 * SECOND;
        restarted.sync("e");

        assertThat(restarted.stateOf("a")).isEqualTo(TaskState.QUEUED);
        assertThat(restarted.sync("f").orElseThrow().launch()).containsExactly(new ExecutionKey("a", 2));
    }

    @Test
    void whatWasQueuedOrBeingLaunchedBeforeIsLaunchedAsSoonAsEveryExecutorIsHeard() {
        Desk queued = restarted(new Life.Queued(0), 0, "e", "f");
        assertThat(queued.sync("e")).isEmpty();
        queued.sync("f");
        assertThat(queued.stateOf("a")).isEqualTo(TaskState.LAUNCHING);

        Desk launching = restarted(new Life.Launching("e", Desk.START - SECOND), 1, "e", "f");
        assertThat(launching.sync("e")).isEmpty();
        launching.sync("f");
        assertThat(launching.toExecutor().orElseThrow().launch()).containsExactly(key("a"));
    }

    @Test
    void aRestartDelaysNothingWhereThereIsOneExecutor() {
        assertThat(restarted(new Life.Queued(0), 0, "e").sync("e").orElseThrow().launch())
                .containsExactly(key("a"));
    }

    @Test
    void anExecutorThatIsAwayIsWaitedForOneLeaseAndNoLonger() {
        Desk restarted = restarted(new Life.Queued(0), 0, "e", "f");
        tick(restarted, 14);
        assertThat(restarted.sync("e")).isEmpty();

        tick(restarted, 1);

        assertThat(restarted.toExecutor().orElseThrow().launch()).containsExactly(key("a"));
    }

    @Test
    void timeInWhichTheDispatcherStoodStillIsNotTimeInWhichAnybodyCouldBeHeard() {
        Desk restarted = restarted(new Life.Queued(0), 0, "e", "f");
        restarted.sync("e");

        restarted.now += 60 * SECOND;
        restarted.play(new Event.Tick());
        assertThat(restarted.stateOf("a")).isEqualTo(TaskState.QUEUED);

        tick(restarted, 15);
        assertThat(restarted.stateOf("a")).isEqualTo(TaskState.LAUNCHING);
    }

    @Test
    void whatIsAcceptedAfterTheStartWaitsForNobody() {
        Desk restarted = restarted(new Life.Queued(0), 0, "e", "f");
        restarted.submit("b");

        assertThat(restarted.sync("e").orElseThrow().launch()).containsExactly(key("b"));
    }

    @Test
    void saysForWhomItWaitsAfterAStart() {
        Desk queued = restarted(new Life.Queued(0), 0, "e", "f");
        queued.sync("e");
        tick(queued, 3);
        assertThat(waiting(queued, "a"))
                .isEqualTo("the dispatcher has just started and waits up to 12 s for executor f,"
                        + " which may run it already");

        Desk launching = restarted(new Life.Launching("e", Desk.START - SECOND), 1, "e", "f", "g");
        launching.sync("e");
        assertThat(waiting(launching, "a")).contains("up to 15 s for executors f and g");
    }

    // --- connectors

    @Test
    void aConnectorsFirstCallIsNotHeld() {
        assertThat(desk.connector(List.of(), List.of(), List.of()).orElseThrow().messages())
                .isEmpty();
        assertThat(desk.connector(List.of(), List.of(), List.of())).isEmpty();
    }

    // --- shutdowns

    @Test
    void aShutdownEndsWhatRunsAndLaunchesNothingMore() {
        desk.submit("a");
        desk.sync("e");
        desk.sync("e", running("a"));

        desk.play(new Event.ShutDown("user"));
        desk.submit("b");

        assertThat(desk.stateOf("a")).isEqualTo(TaskState.STOPPING);
        desk.sync("e", 0, List.of(), List.of(finished("a", 143, true)));
        assertThat(outcome("a").reason()).contains(FailureReason.GRACEFUL_SHUTDOWN);
        assertThat(desk.stateOf("b")).isEqualTo(TaskState.QUEUED);
        assertThat(waiting("b")).contains("shutting down");
    }

    @Test
    void aShutdownThatNobodyAsksForAgainIsOver() {
        desk.sync("e");
        desk.play(new Event.ShutDown("user"));
        desk.submit("a");
        desk.now += Decider.SHUTDOWN_MILLIS - 1;
        desk.play(new Event.Tick());
        desk.play(new Event.ShutDown("user"));
        desk.now += Decider.SHUTDOWN_MILLIS - 1;
        desk.play(new Event.Tick());
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.QUEUED);

        desk.now += 1;
        desk.play(new Event.Tick());

        assertThat(desk.sync("e").orElseThrow().launch()).containsExactly(key("a"));
    }

    @Test
    void anExecutorThatLeavesIsToldToStopWhatItHasAndGetsNothingMore() {
        desk.submit("a");
        desk.submit("b");
        desk.sync("e", 1, List.of(), List.of());
        desk.sync("e", 1, List.of(running("a")), List.of());

        desk.leave("e");
        assertThat(desk.sync("e", 2, List.of(running("a")), List.of())
                        .orElseThrow()
                        .stop())
                .containsExactly(key("a"));
        desk.sync("e", 2, List.of(), List.of(finished("a", 0, true)));

        assertThat(outcome("a").reason()).contains(FailureReason.GRACEFUL_SHUTDOWN);
        assertThat(desk.stateOf("b")).isEqualTo(TaskState.QUEUED);
        assertThat(desk.sync("f").orElseThrow().launch()).containsExactly(key("b"));
    }

    private static final RetryPolicy RETRY = new RetryPolicy(3, 5 * SECOND, 60 * SECOND);

    private static Limits limits(OptionalLong lost) {
        return new Limits(
                0,
                100,
                Map.of(),
                times(OptionalLong.empty(), OptionalLong.empty(), OptionalLong.of(60 * SECOND), lost),
                RETRY);
    }

    private static Limits.Times times(OptionalLong task, OptionalLong queued, OptionalLong silent, OptionalLong lost) {
        return new Limits.Times(10 * SECOND, 15 * SECOND, 1_000 * 3_600 * SECOND, task, queued, silent, lost);
    }

    private Optional<Answer.ToExecutor> neverStarted(int attempt, Ending ending) {
        return desk.sync(
                "e",
                0,
                List.of(),
                List.of(new ExecutorSync.Finished(new ExecutionKey("a", attempt), ending, 0, desk.now)));
    }

    private void passWithoutReports(int seconds) {
        tick(desk, seconds);
    }

    private boolean isStalled(String execution) {
        return desk.state.execution(execution).orElseThrow().life() instanceof Life.Running running
                && running.stalled();
    }

    private String waiting(String execution) {
        return waiting(desk, execution);
    }

    private static String waiting(Desk desk, String execution) {
        return WaitingReason.of(
                        desk.state,
                        limits(OptionalLong.empty()),
                        desk.state.execution(execution).orElseThrow(),
                        desk.now)
                .orElseThrow();
    }

    /** A dispatcher that has just started, with an execution "a" in its ledger. */
    private static Desk restarted(Life life, int attempt, String... executors) {
        Execution execution = new Execution(
                "a",
                "task-a",
                1,
                Source.API,
                true,
                0,
                false,
                Desk.START - 2 * SECOND,
                OptionalLong.empty(),
                true,
                attempt,
                life,
                Preparation.NONE);
        List<Peer.Executor> known = Stream.of(executors)
                .map(id -> new Peer.Executor(
                        id, 1, BackendKind.DIRECT, false, Optional.empty(), Map.of(), List.of(), false, 0))
                .toList();
        Desk restarted = new Desk(
                limits(OptionalLong.empty()),
                State.restore("ledger", "session", 1, List.of(execution), List.of(), known));
        restarted.play(new Event.Tick());
        return restarted;
    }

    private Life.Ended outcome(String execution) {
        return (Life.Ended) desk.state.execution(execution).orElseThrow().life();
    }

    /** The message of the outcome. */
    private String told(String execution) {
        return desk.changes.stream()
                .filter(change -> change instanceof Change.Moved moved
                        && moved.executionId().equals(execution)
                        && moved.outcome().isPresent())
                .map(change -> ((Change.Moved) change).outcome().orElseThrow())
                .map(outcome -> outcome.toString())
                .findFirst()
                .orElseThrow();
    }
}
