package dev.slipway.executor.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SyncAnswer;
import dev.slipway.protocol.TaskSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RunTableTest {
    private static final String LEDGER = "ledger-1";
    private static final String SESSION = "session-1";
    private static final ExecutionKey KEY = new ExecutionKey("e1", 1);
    private static final RunId RUN = new RunId(LEDGER, KEY);
    private static final TaskSpec SPEC = new TaskSpec(
            "t1", new Program.Command(List.of("true")), Optional.empty(), Map.of(), Optional.empty(), Optional.empty());
    private static final Ending SUCCESS = new Ending.Exited(0, FailureReason.UNKNOWN, "", false);

    private final RunTable table = tableWith();

    @Test
    void firstSyncNamesNoSessionAndReportsNoRun() {
        ExecutorSync first = tableWith(RUN).nextSync(_ -> 0);

        assertThat(first).isEqualTo(new ExecutorSync(7, 1, BackendKind.DIRECT, 2, "", false, List.of(), List.of(), ""));
    }

    @Test
    void adoptsSurvivorsOfTheLedgerThatAnswersAndReportsThemFromThenOn() {
        RunTable table = tableWith(RUN);

        assertThat(answer(table, launches(KEY))).containsExactly(new Command.Adopt(RUN));
        assertThat(table.nextSync(_ -> 0).session()).isEqualTo(SESSION);
        assertThat(table.nextSync(_ -> 0).runs()).containsExactly(new ExecutorSync.Run(KEY, false, false, 0, 0));
    }

    @Test
    void countsRunsOfAnotherLedgerAndLeavesThemAlone() {
        RunTable table = tableWith(new RunId("ledger-0", KEY));

        assertThat(answer(table, drops(KEY))).isEmpty();
        assertThat(answer(table, acks(KEY))).isEmpty();
        assertThat(table.nextSync(_ -> 0).runs()).isEmpty();
        assertThat(table.strangers()).isEqualTo(1);
        assertThat(table.live()).isZero();
    }

    @Test
    void reportsWhatIsBeingPreparedUntilTheAgentRuns() {
        RunTable table = tableWith(RUN);
        answer(table, launches(KEY));

        assertThat(table.preparing(RUN, "pulling image a:1: 0 of 2 layers"))
                .as("a new phase is reported soon")
                .isTrue();
        assertThat(table.preparing(RUN, "pulling image a:1: 1 of 2 layers"))
                .as("numbers wait for the next report")
                .isFalse();
        assertThat(table.nextSync(_ -> 0).runs())
                .extracting(ExecutorSync.Run::preparing)
                .containsExactly("pulling image a:1: 1 of 2 layers");
        assertThat(table.preparing(RUN, "starting")).isTrue();

        table.started(RUN, 10);

        assertThat(table.preparing(RUN, "too late")).isFalse();
        assertThat(table.nextSync(_ -> 0).runs())
                .extracting(ExecutorSync.Run::preparing)
                .containsExactly("");
        assertThat(table.preparing(new RunId(LEDGER, new ExecutionKey("unknown", 1)), "starting"))
                .isFalse();
    }

    @Test
    void whatIsLaunchedAnewWaitsUntilTheEvidenceOfItsEarlierRunIsDeleted() {
        RunTable table = forgetting(KEY);

        assertThat(answer(table, launches(KEY))).isEmpty();
        assertThat(table.nextSync(_ -> 0).runs())
                .as("the dispatcher is not to give it again")
                .containsExactly(
                        new ExecutorSync.Run(KEY, false, true, 0, 0, "removing what is left of an earlier run of it"));
        assertThat(table.live()).isZero();
        assertThat(table.forgotten(RUN)).as("the dispatcher is to give it now").isTrue();
        assertThat(table.nextSync(_ -> 0).runs()).isEmpty();
        assertThat(answer(table, launches(KEY))).containsExactly(new Command.Start(RUN, SPEC));
    }

    @Test
    void whatIsLaunchedAnewWaitsForALaterAttemptToo() {
        ExecutionKey later = new ExecutionKey(KEY.execution(), 2);
        RunTable table = forgetting(later);

        assertThat(answer(table, launches(KEY))).isEmpty();

        assertThat(table.nextSync(_ -> 0).runs())
                .extracting(ExecutorSync.Run::key)
                .containsExactly(KEY);
        assertThat(table.forgotten(new RunId(LEDGER, later))).isTrue();
    }

    @Test
    void whatIsStoppedAnewWaitsUntilTheEvidenceOfItsEarlierRunIsDeleted() {
        RunTable table = forgetting(KEY);

        assertThat(answer(table, stops(KEY))).isEmpty();

        assertThat(table.nextSync(_ -> 0).runs())
                .extracting(ExecutorSync.Run::stopping)
                .containsExactly(true);
        assertThat(table.forgotten(RUN)).isTrue();
        assertThat(answer(table, stops(KEY))).containsExactly(new Command.Stop(RUN, 500));
    }

    @Test
    void startsNothingWhileThereIsAnObstacleAndSaysWhy() {
        RunTable table = tableWith();
        table.obstacle("no engine here");

        assertThat(table.nextSync(_ -> 0).obstacle()).isEqualTo("no engine here");
        assertThat(answer(table, launches(KEY))).isEmpty();
        assertThat(table.nextSync(_ -> 0).runs()).as("it was not received").isEmpty();
        assertThat(answer(table, stops(KEY)))
                .as("what is to be stopped is")
                .containsExactly(new Command.Stop(RUN, 500));

        table.obstacle("");

        assertThat(table.nextSync(_ -> 0).obstacle()).isEmpty();
        ExecutionKey other = new ExecutionKey("e2", 1);
        assertThat(answer(table, launches(other))).containsExactly(new Command.Start(new RunId(LEDGER, other), SPEC));
    }

    @Test
    void setsItsRunsApartWhenTheDispatcherAnswersWithAnotherLedger() {
        answer(table, launches(KEY));
        table.nextSync(_ -> 0);

        assertThat(table.answered(
                        2, new SyncAnswer("ledger-2", "session-2", List.of(), List.of(), List.of(KEY), List.of(KEY))))
                .isEmpty();
        assertThat(table.nextSync(_ -> 0).runs()).isEmpty();
        assertThat(table.strangers()).isEqualTo(1);
    }

    @Test
    void saysThatItLeavesAndHowLongEachRunWasSilent() {
        answer(table, launches(KEY));
        assertThat(table.nextSync(_ -> 0).leaving()).isFalse();

        table.leave();

        assertThat(table.nextSync(run -> run.equals(RUN) ? 7 : 0).leaving()).isTrue();
        assertThat(table.nextSync(run -> run.equals(RUN) ? 7 : 0).runs())
                .containsExactly(new ExecutorSync.Run(KEY, false, false, 0, 7));
    }

    @Test
    void registersALaunchBeforeTheNextSync() {
        assertThat(answer(table, launches(KEY))).containsExactly(new Command.Start(RUN, SPEC));
        assertThat(table.nextSync(_ -> 0).runs()).containsExactly(new ExecutorSync.Run(KEY, false, false, 0, 0));
    }

    @Test
    void ignoresALaunchOfWhatItHas() {
        answer(table, launches(KEY));

        assertThat(answer(table, launches(KEY))).isEmpty();
        table.ended(RUN, SUCCESS, 10, 20);
        assertThat(answer(table, launches(KEY))).isEmpty();
    }

    @Test
    void discardsTheAnswerToASupersededSync() {
        long superseded = table.nextSync(_ -> 0).seq();
        table.nextSync(_ -> 0);

        assertThat(table.answered(superseded, launches(KEY))).isEmpty();
        assertThat(table.nextSync(_ -> 0).runs()).isEmpty();
    }

    @Test
    void discardsASecondAnswerToTheSameSync() {
        long seq = table.nextSync(_ -> 0).seq();
        table.answered(seq, launches(KEY));

        assertThat(table.answered(seq, stops(KEY))).isEmpty();
    }

    @Test
    void refusesStartWithOlderAttemptThanOneItHas() {
        answer(table, launches(new ExecutionKey("e1", 2)));

        assertThat(answer(table, launches(KEY))).isEmpty();
        assertThat(answer(table, launches(new ExecutionKey("e1", 3)))).hasSize(1);
    }

    @Test
    void stopsARunOnceHoweverOftenItIsAsked() {
        answer(table, launches(KEY));

        assertThat(answer(table, stops(KEY))).containsExactly(new Command.Stop(RUN, 500));
        assertThat(answer(table, stops(KEY))).isEmpty();
        assertThat(table.nextSync(_ -> 0).runs()).containsExactly(new ExecutorSync.Run(KEY, false, true, 0, 0));
    }

    @Test
    void takesAwayTheRightToStartOfARunItDoesNotHaveAndReportsIt() {
        assertThat(answer(table, stops(KEY))).containsExactly(new Command.Stop(RUN, 500));
        assertThat(table.nextSync(_ -> 0).runs()).containsExactly(new ExecutorSync.Run(KEY, false, true, 0, 0));

        Ending revoked = new Ending.NotStarted(FailureReason.TASK_CANCELLED, "", false);
        table.ended(RUN, revoked, 0, 20);
        assertThat(table.nextSync(_ -> 0).finished()).containsExactly(new ExecutorSync.Finished(KEY, revoked, 0, 20));
    }

    @Test
    void launchAndStopInOneAnswerStartAndThenStop() {
        SyncAnswer both = new SyncAnswer(
                LEDGER,
                SESSION,
                List.of(new SyncAnswer.Launch(KEY, SPEC)),
                List.of(new SyncAnswer.Stop(KEY, 500)),
                List.of(),
                List.of());

        assertThat(answer(table, both)).containsExactly(new Command.Start(RUN, SPEC), new Command.Stop(RUN, 500));
    }

    @Test
    void reportsWhenTheAgentStarted() {
        answer(table, launches(KEY));

        table.started(RUN, 10);

        assertThat(table.nextSync(_ -> 0).runs()).containsExactly(new ExecutorSync.Run(KEY, true, false, 10, 0));
    }

    @Test
    void reportsAnEndingUntilItIsAcknowledgedAndOnlyThenForgets() {
        answer(table, launches(KEY));
        assertThat(table.ended(RUN, SUCCESS, 10, 20)).isEmpty();
        ExecutorSync.Finished reported = new ExecutorSync.Finished(KEY, SUCCESS, 10, 20);

        assertThat(table.nextSync(_ -> 0).finished()).containsExactly(reported);
        assertThat(table.nextSync(_ -> 0).finished()).containsExactly(reported);
        assertThat(table.unacknowledged()).isEqualTo(1);
        assertThat(answer(table, acks(KEY))).containsExactly(new Command.Forget(RUN));
        assertThat(answer(table, acks(KEY))).isEmpty();
        assertThat(table.nextSync(_ -> 0).finished()).isEmpty();
    }

    @Test
    void theFirstEndingStands() {
        answer(table, launches(KEY));
        table.ended(RUN, SUCCESS, 10, 20);

        table.ended(RUN, new Ending.Lost(FailureReason.UNKNOWN, ""), 10, 30);

        assertThat(table.nextSync(_ -> 0).finished()).containsExactly(new ExecutorSync.Finished(KEY, SUCCESS, 10, 20));
    }

    @Test
    void ignoresTheAcknowledgementOfARunThatHasNotEnded() {
        answer(table, launches(KEY));

        assertThat(answer(table, acks(KEY))).isEmpty();
        assertThat(table.live()).isEqualTo(1);
    }

    @Test
    void knowsNothingOfAForgottenRun() {
        answer(table, launches(KEY));
        table.ended(RUN, SUCCESS, 10, 20);
        answer(table, acks(KEY));

        table.forgotten(RUN);

        assertThat(answer(table, stops(KEY))).containsExactly(new Command.Stop(RUN, 500));
    }

    @Test
    void stopsADroppedRunAndForgetsItWithoutReportingItsEnd() {
        answer(table, launches(KEY));

        assertThat(answer(table, drops(KEY))).containsExactly(new Command.Stop(RUN, 900));
        assertThat(answer(table, drops(KEY))).isEmpty();
        assertThat(table.ended(RUN, SUCCESS, 10, 20)).containsExactly(new Command.Forget(RUN));
        assertThat(table.nextSync(_ -> 0).finished()).isEmpty();
    }

    @Test
    void forgetsADroppedRunThatHadEndedAtOnce() {
        answer(table, launches(KEY));
        table.ended(RUN, SUCCESS, 10, 20);

        assertThat(answer(table, drops(KEY))).containsExactly(new Command.Forget(RUN));
    }

    private static RunTable tableWith(RunId... survivors) {
        return new RunTable(BackendKind.DIRECT, 2, 7, List.of(survivors), 900);
    }

    /** One that deletes the evidence of a run which the dispatcher has dropped. */
    private static RunTable forgetting(ExecutionKey key) {
        RunTable table = tableWith();
        RunId run = new RunId(LEDGER, key);
        answer(table, launches(key));
        answer(table, drops(key));
        assertThat(table.ended(run, new Ending.Lost(FailureReason.UNKNOWN, "m"), 0, 9))
                .containsExactly(new Command.Forget(run));
        return table;
    }

    private static List<Command> answer(RunTable table, SyncAnswer answer) {
        return table.answered(table.nextSync(_ -> 0).seq(), answer);
    }

    private static SyncAnswer launches(ExecutionKey key) {
        return new SyncAnswer(
                LEDGER, SESSION, List.of(new SyncAnswer.Launch(key, SPEC)), List.of(), List.of(), List.of());
    }

    private static SyncAnswer stops(ExecutionKey key) {
        return new SyncAnswer(LEDGER, SESSION, List.of(), List.of(new SyncAnswer.Stop(key, 500)), List.of(), List.of());
    }

    private static SyncAnswer acks(ExecutionKey key) {
        return new SyncAnswer(LEDGER, SESSION, List.of(), List.of(), List.of(key), List.of());
    }

    private static SyncAnswer drops(ExecutionKey key) {
        return new SyncAnswer(LEDGER, SESSION, List.of(), List.of(), List.of(), List.of(key));
    }
}
