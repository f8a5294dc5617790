package dev.slipway.executor.core;

import static dev.slipway.executor.core.ScriptedDispatcher.LEDGER;
import static dev.slipway.executor.core.ScriptedDispatcher.SESSION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SyncAnswer;
import dev.slipway.protocol.TaskSpec;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The shell on a fake engine and a scripted dispatcher. */
class ExecutorTest {
    private static final ExecutionKey KEY = new ExecutionKey("e1", 1);
    private static final RunId RUN = new RunId(LEDGER, KEY);

    private final FakeBackend backend = new FakeBackend();
    private final ScriptedDispatcher dispatcher = new ScriptedDispatcher();
    private final Executor executor = executor(false);

    private Executor executor(boolean stopsRuns) {
        return new Executor(
                new Identity("executor-1", 7),
                2,
                stopsRuns,
                backend,
                dispatcher,
                new Metrics(new SimpleMeterRegistry()),
                Clock.fixed(Instant.ofEpochMilli(9), ZoneOffset.UTC),
                new Connection("http://dispatcher"));
    }

    @AfterEach
    void close() {
        dispatcher.goAway(true);
        executor.close();
    }

    @Test
    void looksForSurvivorsBeforeItReportsAndReportsNoRunBeforeItKnowsTheLedger() {
        backend.begin(RUN, "");

        executor.open();
        await().until(() -> latest(sync -> sync.runs().stream().anyMatch(ExecutorSync.Run::started)));

        assertThat(backend.calls()).startsWith("preflight", "survivors");
        assertThat(dispatcher.syncs().getFirst().runs()).isEmpty();
        assertThat(dispatcher.syncs().getLast().runs()).containsExactly(new ExecutorSync.Run(KEY, true, false, 5, 0));
        assertThat(executor.trouble()).isEmpty();
        assertThat(executor.remarks()).containsExactly("a remark");
        assertThat(executor.preflight()).isEqualTo("passed");
    }

    @Test
    void survivorsAreWatchedToTheirEndsAlsoWhileTheDispatcherIsAway() {
        backend.begin(RUN, "said\n");
        dispatcher.goAway(true);

        executor.open();
        await().until(() -> backend.wasObserved(RUN));
        backend.end(RUN, 4);
        dispatcher.goAway(false);
        await().until(() -> dispatcher.isToldTheEndOf(KEY));

        assertThat(dispatcher.output()).isEqualTo("said\n");
        assertThat(dispatcher.syncs().getLast().finished())
                .extracting(ExecutorSync.Finished::ending)
                .containsExactly(new Ending.Exited(4, FailureReason.UNKNOWN, "", false));
    }

    @Test
    void aSurvivorsEndIsNotReportedBeforeItsOutput() {
        backend.begin(RUN, "said\n");
        backend.end(RUN, 4);
        dispatcher.answerAppendsWith(503);

        executor.open();
        await().until(() -> latest(sync -> !sync.runs().isEmpty()));
        assertThat(dispatcher.isToldTheEndOf(KEY)).isFalse();
        dispatcher.answerAppendsWith(0);

        await().until(() -> dispatcher.isToldTheEndOf(KEY));
        assertThat(dispatcher.output()).isEqualTo("said\n");
    }

    @Test
    void runsOfAnotherLedgerAreWatchedAndNeitherReportedNorTouched() {
        RunId strange = new RunId("ledger-2", KEY);
        backend.begin(strange, "said\n");
        backend.end(strange, 4);
        backend.begin(RUN, "");

        executor.open();
        await().until(() -> latest(sync -> sync.runs().stream().anyMatch(ExecutorSync.Run::started)));

        await().until(() -> backend.wasObserved(strange));
        await().during(Duration.ofMillis(500))
                .until(() -> dispatcher.syncs().stream()
                        .allMatch(
                                sync -> sync.finished().isEmpty() && sync.runs().size() <= 1));
        assertThat(dispatcher.output()).isEmpty();
        assertThat(backend.calls()).containsOnly("preflight", "survivors");
    }

    @Test
    void looksAfterSurvivorsWhileThePreflightFailsAndSaysWhyItStartsNothing() {
        backend.becomeUnfit("no engine here: install one");
        backend.begin(RUN, "said\n");

        executor.open();
        await().until(() -> latest(sync -> sync.runs().stream().anyMatch(ExecutorSync.Run::started)));

        assertThat(dispatcher.syncs())
                .allSatisfy(sync -> assertThat(sync.obstacle()).isEqualTo("no engine here: install one"));
        assertThat(executor.trouble()).isEqualTo("no engine here: install one");
        backend.end(RUN, 4);
        await().until(() -> dispatcher.isToldTheEndOf(KEY));
        assertThat(dispatcher.output()).isEqualTo("said\n");
    }

    @Test
    void startsWhatItIsGivenOnceThePreflightPasses() {
        backend.becomeUnfit("no engine here: install one");
        launch("t1");
        executor.open();
        await().until(() -> dispatcher.syncs().size() > 1);
        assertThat(backend.has(RUN)).isFalse();

        backend.becomeUnfit("");

        await().until(() -> latest(sync -> sync.runs().stream().anyMatch(ExecutorSync.Run::started)));
        assertThat(dispatcher.syncs().getLast().obstacle()).isEmpty();
        assertThat(executor.trouble()).isEmpty();
        assertThat(executor.remarks()).containsExactly("a remark");
        assertThat(backend.calls()).containsOnlyOnce("survivors");
    }

    @Test
    void tellsAtOnceThatTheEngineIsBackThoughTheDispatcherHoldsItsCall() {
        backend.becomeTroubled("the engine is away");
        executor.open();
        await().until(() -> dispatcher.syncs().size() > 1);
        assertThat(dispatcher.syncs().getLast().obstacle()).isEqualTo("the engine is away");

        backend.becomeTroubled("");

        await().until(() -> latest(sync -> sync.obstacle().isEmpty()));
    }

    @Test
    void reportsNothingWhileItCannotBeToldWhatEarlierProcessesLeft() {
        backend.becomeUnfit("no engine here: install one");
        backend.becomeUnreadable("there is no connection yet");
        backend.begin(RUN, "");

        executor.open();
        await().until(() -> backend.calls().contains("survivors"));

        assertThat(executor.trouble()).isEqualTo("no engine here: install one");
        assertThat(dispatcher.syncs()).isEmpty();
        backend.becomeUnfit("");
        backend.becomeUnreadable("");
        await().until(() -> latest(sync -> sync.runs().stream().anyMatch(ExecutorSync.Run::started)));
    }

    @Test
    void reportsAStartAndAnEndAtOnceThoughTheDispatcherHoldsItsCall() {
        launch("t1");
        executor.open();
        await().until(() -> latest(sync -> sync.runs().stream().anyMatch(ExecutorSync.Run::started)));

        backend.end(RUN, 3);
        await().until(() -> dispatcher.isToldTheEndOf(KEY));

        assertThat(dispatcher.syncs().getLast().finished())
                .singleElement()
                .satisfies(end -> assertThat(end.ending())
                        .isInstanceOfSatisfying(
                                Ending.Exited.class,
                                exited -> assertThat(exited.code()).isEqualTo(3)));
    }

    @Test
    void reportsAtOnceWhatIsBeingPreparedThoughTheDispatcherHoldsItsCall() {
        launch("lengthy");
        executor.open();

        await().until(() -> latest(
                sync -> sync.runs().stream().anyMatch(run -> run.preparing().equals("pulling image a:1"))));

        backend.release();
        await().until(() -> latest(sync -> sync.runs().stream().anyMatch(ExecutorSync.Run::started)));
    }

    @Test
    void aReportThatSupersededAnotherIsHeldUntilSomethingHappens() {
        launch("t1");
        executor.open();
        await().until(() -> latest(sync -> sync.runs().stream().anyMatch(ExecutorSync.Run::started)));

        int reported = dispatcher.syncs().size();

        await().during(Duration.ofMillis(500))
                .until(() -> dispatcher.syncs().size() <= reported + 1); // what happened just now may take another one
    }

    @Test
    void aRunThatAnEarlierProcessLeftKeepsItsTrace() {
        backend.begin(RUN, "");

        executor.open();

        await().until(() -> backend.traces().contains("0af7651916cd43dd8448eb211c80319c"));
    }

    @Test
    void aStopThatIsTriedAgainMakesNoEvidenceOfAForgottenRun() {
        launch("t1");
        executor.open();
        await().until(() -> latest(sync -> sync.runs().stream().anyMatch(ExecutorSync.Run::started)));
        backend.becomeIrrevocable(true);
        dispatcher.answers(sync -> new SyncAnswer(
                LEDGER,
                SESSION,
                List.of(),
                sync.runs().stream().anyMatch(run -> !run.stopping())
                        ? List.of(new SyncAnswer.Stop(KEY, 100))
                        : List.of(),
                sync.finished().isEmpty() ? List.of() : List.of(KEY),
                List.of()));
        await().until(() -> backend.calls().contains("revoke " + RUN));

        backend.end(RUN, 0);
        await().until(() -> backend.calls().contains("forget " + RUN));
        backend.becomeIrrevocable(false);

        await().during(Duration.ofMillis(500)).until(() -> !backend.has(RUN));
    }

    @Test
    void theAgentJoinsTheTasksTrace() {
        launch("t1");
        executor.open();

        await().until(() -> dispatcher.output().equals("traced\n"));
    }

    @Test
    void keepsTheEvidenceUntilTheEndIsAcknowledged() {
        launch("t1");
        executor.open();
        await().until(() -> backend.has(RUN));
        backend.end(RUN, 0);
        await().until(() -> dispatcher.isToldTheEndOf(KEY));
        assertThat(backend.calls()).doesNotContain("forget " + RUN);

        acknowledge();

        await().until(() -> !backend.has(RUN));
        await().until(() -> executor.live() == 0);
    }

    @Test
    void aRunThatCannotStartIsReportedAsNeverStarted() {
        launch("impossible");
        executor.open();

        await().until(() -> dispatcher.isToldTheEndOf(KEY));

        assertThat(dispatcher.syncs().getLast().finished().getFirst().ending()).isInstanceOf(Ending.NotStarted.class);
    }

    @Test
    void aStartThatFailedHalfWayIsRevokedBeforeItCountsAsNeverStarted() {
        backend.becomeUnreachable(true);
        launch("t1");
        executor.open();

        await().until(() -> dispatcher.isToldTheEndOf(KEY));

        assertThat(backend.calls()).containsSubsequence("start " + RUN, "revoke " + RUN);
        assertThat(backend.wasObserved(RUN))
                .as("to its end, with which nothing is left of it")
                .isTrue();
        assertThat(dispatcher.syncs().getLast().finished().getFirst().ending())
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.message()).contains("the engine is away"));
    }

    @Test
    void aStopOfAnUnknownRunRevokesBeforeItLooks() {
        dispatcher.answers(sync -> sync.runs().isEmpty() && sync.finished().isEmpty()
                ? new SyncAnswer(
                        LEDGER, SESSION, List.of(), List.of(new SyncAnswer.Stop(KEY, 100)), List.of(), List.of())
                : ScriptedDispatcher.nothing());
        executor.open();

        await().until(() -> dispatcher.isToldTheEndOf(KEY));

        assertThat(dispatcher.syncs().getLast().finished().getFirst().ending()).isInstanceOf(Ending.NotStarted.class);
    }

    @Test
    void goesOnWhereItWasWhenTheDispatcherComesBack() {
        launch("t1");
        executor.open();
        await().until(() -> latest(sync -> sync.runs().stream().anyMatch(ExecutorSync.Run::started)));

        dispatcher.goAway(true);
        backend.write(RUN, "said while it was away\n");
        backend.end(RUN, 4);
        await().until(() -> executor.trouble().contains("does not answer"));
        dispatcher.goAway(false);

        await().until(() -> dispatcher.isToldTheEndOf(KEY));
        assertThat(dispatcher.output()).endsWith("said while it was away\n");
        acknowledge();
        await().until(() -> executor.trouble().isEmpty());
    }

    @Test
    void aResultIsNotHeldBackByOutputThatIsRefused() {
        dispatcher.answerAppendsWith(404);
        launch("t1");
        executor.open();
        await().until(() -> backend.has(RUN));

        backend.end(RUN, 0);

        await().until(() -> dispatcher.isToldTheEndOf(KEY));
    }

    @Test
    void leavesRunsAloneWhenItCloses() {
        launch("t1");
        executor.open();
        await().until(() -> latest(sync -> sync.runs().stream().anyMatch(ExecutorSync.Run::started)));

        dispatcher.goAway(true);
        executor.close();

        assertThat(backend.has(RUN)).isTrue();
        assertThat(backend.calls()).noneMatch(call -> call.startsWith("stop") || call.startsWith("forget"));
    }

    @Test
    void hasItsRunsEndedFirstIfThatIsConfigured() {
        backend.begin(RUN, "");
        dispatcher.answers(sync -> new SyncAnswer(
                LEDGER,
                SESSION,
                List.of(),
                sync.leaving() && sync.runs().stream().anyMatch(run -> !run.stopping())
                        ? List.of(new SyncAnswer.Stop(KEY, 10))
                        : List.of(),
                sync.finished().stream().map(ExecutorSync.Finished::key).toList(),
                List.of()));
        Executor leaving = executor(true);
        leaving.open();
        await().until(() -> latest(sync -> sync.runs().stream().anyMatch(ExecutorSync.Run::started)));

        leaving.close();

        assertThat(backend.calls()).contains("stop " + RUN);
        assertThat(dispatcher.syncs())
                .anyMatch(sync ->
                        sync.finished().stream().anyMatch(end -> end.key().equals(KEY)));
    }

    @Test
    void leavesItsRunsAloneWhenNobodyDecidesHowTheyEnd() {
        backend.begin(RUN, "");
        Executor leaving = executor(true);
        leaving.open();
        await().until(() -> latest(sync -> sync.runs().stream().anyMatch(ExecutorSync.Run::started)));
        dispatcher.goAway(true);

        leaving.close();

        assertThat(backend.calls()).noneMatch(call -> call.startsWith("stop"));
    }

    private void launch(String taskId) {
        TaskSpec spec = new TaskSpec(
                taskId,
                new Program.Command(List.of("true")),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Optional.of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        dispatcher.answers(sync -> sync.runs().isEmpty() && sync.finished().isEmpty()
                ? new SyncAnswer(
                        LEDGER, SESSION, List.of(new SyncAnswer.Launch(KEY, spec)), List.of(), List.of(), List.of())
                : ScriptedDispatcher.nothing());
    }

    private void acknowledge() {
        dispatcher.answers(sync -> sync.finished().isEmpty()
                ? ScriptedDispatcher.nothing()
                : new SyncAnswer(LEDGER, SESSION, List.of(), List.of(), List.of(KEY), List.of()));
    }

    private boolean latest(Predicate<ExecutorSync> predicate) {
        List<ExecutorSync> syncs = dispatcher.syncs();
        return !syncs.isEmpty() && predicate.test(syncs.getLast());
    }
}
