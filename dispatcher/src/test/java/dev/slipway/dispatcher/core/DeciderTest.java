package dev.slipway.dispatcher.core;

import static dev.slipway.dispatcher.core.Desk.finished;
import static dev.slipway.dispatcher.core.Desk.key;
import static dev.slipway.dispatcher.core.Desk.limits;
import static dev.slipway.dispatcher.core.Desk.preparing;
import static dev.slipway.dispatcher.core.Desk.running;
import static dev.slipway.dispatcher.core.Desk.stopping;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.TaskState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeciderTest {
    private final Desk desk = new Desk();

    @Test
    void launchesOnAnExecutorThatAsks() {
        desk.submit("a");
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.QUEUED);

        Answer.ToExecutor answer = desk.sync("e").orElseThrow();

        assertThat(answer.launch()).containsExactly(key("a"));
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.LAUNCHING);
    }

    @Test
    void holdsACallWhileThereIsNothingToDoAndAnswersItWhenThereIs() {
        assertThat(desk.sync("e")).isEmpty();

        desk.submit("a");

        assertThat(desk.toExecutor().orElseThrow().launch()).containsExactly(key("a"));
    }

    @Test
    void answersACallHeldForTooLong() {
        desk.sync("e");

        desk.play(new Event.ExecutorHoldOver("e", 1, 1));

        assertThat(desk.toExecutor()).isPresent();
        desk.submit("a");
        assertThat(desk.toExecutor()).as("it has been answered already").isEmpty();
    }

    @Test
    void givesALaunchAgainThatTheNextReportLacks() {
        desk.submit("a");
        desk.sync("e");

        assertThat(desk.sync("e").orElseThrow().launch()).containsExactly(key("a"));
        assertThat(desk.sync("e", preparing("a"))).isEmpty();
    }

    @Test
    void givesNothingToWhatCanStartNothing() {
        desk.hinder("e", "no oz here");
        desk.submit("a");

        assertThat(desk.sync("e")).isEmpty();
        assertThat(waiting("a")).contains("executor e can start nothing now: no oz here");
        assertThat(desk.sync("other").orElseThrow().launch()).containsExactly(key("a"));
    }

    @Test
    void givesALaunchAgainOnceItsExecutorCanStartIt() {
        desk.submit("a");
        desk.sync("e");
        desk.hinder("e", "no oz here");

        assertThat(desk.sync("e")).isEmpty();
        assertThat(waiting("a")).contains("executor e can start nothing now: no oz here");
        desk.hinder("e", "");

        assertThat(desk.sync("e").orElseThrow().launch()).containsExactly(key("a"));
    }

    @Test
    void stopsAndAcknowledgesAlsoWhatIsOnAnExecutorThatCanStartNothing() {
        desk.submit("a");
        desk.sync("e");
        desk.hinder("e", "no oz here");
        desk.sync("e", running("a"));

        desk.play(new Event.CancelExecution("a", "user"));

        assertThat(desk.toExecutor().orElseThrow().stop()).containsExactly(key("a"));
        assertThat(desk.finish("e", "a", 143).orElseThrow().ack()).containsExactly(key("a"));
    }

    @Test
    void waitsForARunThatGivesWayBeforeItGivesTheLaunchAgain() {
        desk.submit("a");
        desk.sync("e");

        assertThat(desk.sync("e", new ExecutorSync.Run(key("a"), false, true, 0, 0, "removing what is left")))
                .isEmpty();
        assertThat(desk.sync("e").orElseThrow().launch()).containsExactly(key("a"));
    }

    @Test
    void givesALaunchToTheSuccessorOfItsExecutorAndToNoOther() {
        desk.submit("a");
        desk.sync("e");
        desk.restart("e");

        assertThat(desk.sync("other")).isEmpty();
        assertThat(desk.sync("e").orElseThrow().launch()).containsExactly(key("a"));
    }

    @ParameterizedTest
    @CsvSource({"0, SUCCEEDED", "1, FAILED", "137, FAILED"})
    void endsWithTheAgentsExitCode(int code, TaskState end) {
        desk.submit("a");
        desk.sync("e");
        desk.sync("e", running("a"));
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.RUNNING);

        Answer.ToExecutor answer = desk.finish("e", "a", code).orElseThrow();

        assertThat(answer.ack()).containsExactly(key("a"));
        assertThat(desk.stateOf("a")).isEqualTo(end);
        assertThat(((Life.Ended) desk.state.execution("a").orElseThrow().life()).exitCode())
                .isEqualTo(OptionalInt.of(code));
    }

    @Test
    void showsTheStartOfAnAgentThatEndedBeforeItWasReportedRunning() {
        desk.submit("a");
        desk.sync("e");
        desk.finish("e", "a", 0);

        assertThat(moves("a")).containsExactly(TaskState.LAUNCHING, TaskState.RUNNING, TaskState.SUCCEEDED);
    }

    @Test
    void acknowledgesAnEndingAgainAndChangesNothing() {
        desk.submit("a");
        desk.sync("e");
        desk.finish("e", "a", 0);

        Answer.ToExecutor answer = desk.finish("e", "a", 1).orElseThrow();

        assertThat(answer.ack()).containsExactly(key("a"));
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.SUCCEEDED);
    }

    @Test
    void ignoresTheEndingToldByAnotherExecutor() {
        desk.submit("a");
        desk.sync("e");

        desk.finish("thief", "a", 0);

        assertThat(desk.stateOf("a")).isEqualTo(TaskState.LAUNCHING);
    }

    @Test
    void dropsARunOfNoOpenExecutionOnceItIsTold() {
        assertThat(desk.sync("e", running("ghost")).orElseThrow().drop()).containsExactly(key("ghost"));
        assertThat(desk.sync("e", stopping("ghost"))).isEmpty();
    }

    @Test
    void failsARunningTaskThatItsExecutorHasNoTraceOf() {
        desk.submit("a");
        desk.sync("e");
        desk.sync("e", running("a"));

        desk.sync("e");

        assertThat(desk.stateOf("a")).isEqualTo(TaskState.FAILED);
    }

    @Test
    void readsNothingFromAReportOfAnotherSession() {
        desk.submit("a");
        desk.sync("e");
        desk.sync("e", running("a"));

        desk.play(new Event.ExecutorReport(
                "e",
                new ExecutorSync(1, 99, BackendKind.DIRECT, 0, "an earlier one", false, List.of(), List.of(), "")));

        assertThat(desk.stateOf("a")).isEqualTo(TaskState.RUNNING);
        assertThat(desk.toExecutor().orElseThrow().launch()).isEmpty();
    }

    @Test
    void refusesReportsThatAreOlderThanOneSeen() {
        desk.submit("a");
        desk.sync("e");
        desk.sync("e", running("a"));

        Reply sameSeq = desk.play(new Event.ExecutorReport(
                "e", new ExecutorSync(1, 2, BackendKind.DIRECT, 0, "session", false, List.of(), List.of(), "")));
        desk.restart("e");
        desk.sync("e", running("a"));
        Reply olderIncarnation = desk.play(new Event.ExecutorReport(
                "e", new ExecutorSync(1, 50, BackendKind.DIRECT, 0, "session", false, List.of(), List.of(), "")));

        assertThat(List.of(sameSeq, olderIncarnation)).hasOnlyElementsOfType(Reply.Outdated.class);
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.RUNNING);
    }

    @Test
    void aNewerReportTakesTheHeldCallsPlace() {
        desk.sync("e");

        desk.sync("e");

        assertThat(desk.toExecutor().map(Answer.ToExecutor::seq))
                .as("the older call ends with nothing in it")
                .contains(1L);
        desk.submit("a");
        assertThat(desk.toExecutor().map(Answer.ToExecutor::seq)).contains(2L);
    }

    @Test
    void cancelsAQueuedTaskAtOnce() {
        desk.submit("a");

        Reply reply = desk.play(new Event.CancelExecution("a", "user"));

        assertThat(reply).isEqualTo(new Reply.Cancelled(List.of("a")));
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.CANCELLED);
        assertThat(desk.sync("e")).isEmpty();
    }

    @Test
    void tellsAStopUntilItsExecutorCarriesItOut() {
        desk.submit("a");
        desk.sync("e");
        desk.sync("e", running("a"));

        desk.play(new Event.CancelExecution("a", "user"));

        assertThat(desk.toExecutor().orElseThrow().stop()).containsExactly(key("a"));
        assertThat(desk.sync("e", running("a")).orElseThrow().stop()).containsExactly(key("a"));
        assertThat(desk.sync("e", stopping("a"))).isEmpty();
        desk.sync("e", 0, List.of(), List.of(finished("a", 143, true)));
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.CANCELLED);
    }

    @Test
    void stopsALaunchThatMayNotHaveBeenReceived() {
        desk.submit("a");
        desk.sync("e");
        desk.play(new Event.CancelExecution("a", "user"));

        Answer.ToExecutor answer = desk.sync("e").orElseThrow();

        assertThat(answer.stop()).containsExactly(key("a"));
        assertThat(answer.launch()).isEmpty();
        assertThat(desk.stateOf("a")).as("until the executor says so").isEqualTo(TaskState.STOPPING);
    }

    @ParameterizedTest
    @CsvSource({"0, false, SUCCEEDED", "0, true, CANCELLED", "3, false, CANCELLED", "143, true, CANCELLED"})
    void onlyASuccessThatWasAlreadyTrueWinsAgainstACancel(int code, boolean stopped, TaskState end) {
        desk.submit("a");
        desk.sync("e");
        desk.sync("e", running("a"));
        desk.play(new Event.CancelExecution("a", "user"));

        desk.sync("e", 0, List.of(), List.of(finished("a", code, stopped)));

        assertThat(desk.stateOf("a")).isEqualTo(end);
    }

    @Test
    void stopsWhatRunsForLongerThanItsTimeout() {
        desk.play(new Event.Submit("a", true, "t", Source.API, 0, false, OptionalLong.of(60_000)));
        desk.sync("e");
        desk.sync("e", running("a"));
        desk.now += 59_999;
        desk.play(new Event.Tick());
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.RUNNING);

        desk.now += 1;
        desk.play(new Event.Tick());
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.STOPPING);
        desk.sync("e", 0, List.of(), List.of(finished("a", 143, true)));

        assertThat(ended("a").reason()).contains(FailureReason.TASK_TIMEOUT);
    }

    @Test
    void anEndOfItsOwnBeforeTheStopIsNoTimeout() {
        desk.play(new Event.Submit("a", true, "t", Source.API, 0, false, OptionalLong.of(60_000)));
        desk.sync("e");
        desk.sync("e", running("a"));
        desk.now += 60_000;
        desk.play(new Event.Tick());
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.STOPPING);

        desk.sync("e", 0, List.of(), List.of(finished("a", 3, false)));

        assertThat(ended("a").reason()).contains(FailureReason.AGENT_INVOCATION);
        assertThat(ended("a").exitCode()).hasValue(3);
    }

    @Test
    void showsTheStartOfAnAgentThatWasCancelledWhileItWasLaunched() {
        desk.submit("a");
        desk.sync("e");
        desk.play(new Event.CancelExecution("a", "user"));
        desk.now += 10;

        desk.sync("e", new ExecutorSync.Run(key("a"), true, true, Desk.START + 3, 0));
        desk.sync("e", new ExecutorSync.Run(key("a"), true, true, Desk.START + 3, 0));
        assertThat(moves("a")).containsExactly(TaskState.LAUNCHING, TaskState.STOPPING, TaskState.STOPPING);
        desk.sync("e", 0, List.of(), List.of(finished("a", 143, true)));

        assertThat(ended("a").startedAt()).isEqualTo(Desk.START + 3);
    }

    @ParameterizedTest
    @CsvSource({"5, 5", "1, 3", "0, 3", "999, 10"})
    void endsWhenItsEngineSawTheEndAsFarAsThatIsPlausible(long told, long shown) {
        desk.submit("a");
        desk.sync("e");
        desk.now += 10;

        desk.sync(
                "e",
                0,
                List.of(),
                List.of(new ExecutorSync.Finished(
                        key("a"),
                        new Ending.Exited(0, FailureReason.UNKNOWN, "", false),
                        Desk.START + 3,
                        Desk.START + told)));

        assertThat(ended("a").endedAt()).isEqualTo(Desk.START + shown);
    }

    @Test
    void aUsersCancelOverridesATimeout() {
        desk.play(new Event.Submit("a", true, "t", Source.API, 0, false, OptionalLong.of(1)));
        desk.sync("e");
        desk.sync("e", running("a"));
        desk.now += 60_000;
        desk.play(new Event.Tick());

        desk.play(new Event.CancelExecution("a", "user"));
        desk.sync("e", 0, List.of(), List.of(finished("a", 143, true)));

        assertThat(desk.stateOf("a")).isEqualTo(TaskState.CANCELLED);
    }

    @Test
    void launchesByPriorityThenByAge() {
        desk.submit("old");
        desk.submit("young");
        desk.play(new Event.Submit("urgent", true, "t", Source.API, 5, false, OptionalLong.empty()));

        assertThat(desk.sync("e").orElseThrow().launch())
                .containsExactlyInAnyOrder(key("urgent"), key("old"), key("young"));
        assertThat(launchOrder()).containsExactly("urgent", "old", "young");
    }

    @Test
    void launchesNothingBeyondTheGlobalLimit() {
        Desk limited = new Desk(limits(2, 100));
        List.of("a", "b", "c").forEach(limited::submit);

        assertThat(limited.sync("e").orElseThrow().launch()).containsExactlyInAnyOrder(key("a"), key("b"));

        limited.sync("e", 0, List.of(preparing("b")), List.of(finished("a", 0, false)));
        assertThat(limited.toExecutor().orElseThrow().launch()).containsExactly(key("c"));
    }

    @Test
    void launchesNothingBeyondABackendsLimit() {
        Desk limited = new Desk(TestLimits.of(0, 100, Map.of(BackendKind.DIRECT, 1), 1_000));
        List.of("a", "b").forEach(limited::submit);

        limited.sync("e");
        limited.sync("f");

        assertThat(limited.state.activeCount()).isEqualTo(1);
    }

    @Test
    void launchesNothingBeyondAnExecutorsSlots() {
        List.of("a", "b").forEach(desk::submit);

        assertThat(desk.sync("e", 1, List.of(), List.of()).orElseThrow().launch())
                .containsExactly(key("a"));
    }

    @Test
    void aRunOfAClosedExecutionStillTakesASlot() {
        desk.submit("a");

        desk.sync("e", 1, List.of(stopping("ghost")), List.of());

        assertThat(desk.stateOf("a")).isEqualTo(TaskState.QUEUED);
    }

    @ParameterizedTest
    @CsvSource({"2, 0, 2", "2, 3, 5", "1, 100, 101"})
    void takesInWhatCanRunAndAsManyMoreAsTheQueueHolds(int maxConcurrent, int queueLimit, int taken) {
        Desk limited = new Desk(limits(maxConcurrent, queueLimit));
        for (int i = 0; i < taken; i++) {
            assertThat(limited.assign("x" + i, "t" + i)).isInstanceOf(Reply.Queued.class);
        }

        assertThat(limited.assign("one more", "t")).isInstanceOf(Reply.AtCapacity.class);
        assertThat(limited.assign("x0", "t0"))
                .as("what is known is never refused")
                .isEqualTo(new Reply.Known("x0", true));
    }

    @Test
    void routesACommandWithAnImageToNoHost() {
        desk.play(new Event.Submit("a", true, "t", Source.API, 0, true, OptionalLong.empty()));

        assertThat(desk.sync("e")).isEmpty();
        assertThat(WaitingReason.of(
                        desk.state, limits(0, 0), desk.state.execution("a").orElseThrow(), desk.now))
                .hasValueSatisfying(reason -> assertThat(reason).contains("no executor that runs images"));
    }

    @Test
    void givesNothingToADrainedExecutor() {
        desk.sync("e");
        desk.play(new Event.Drain("e", true));
        desk.submit("a");
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.QUEUED);
        assertThat(WaitingReason.of(
                        desk.state, limits(0, 0), desk.state.execution("a").orElseThrow(), desk.now))
                .hasValueSatisfying(reason -> assertThat(reason).contains("drained"));

        desk.play(new Event.Drain("e", false));

        assertThat(desk.stateOf("a")).isEqualTo(TaskState.LAUNCHING);
    }

    @Test
    void staysDrainedWhenTheExecutorRestarts() {
        desk.sync("e");
        desk.play(new Event.Drain("e", true));
        desk.restart("e");
        desk.submit("a");

        desk.sync("e");

        assertThat(desk.stateOf("a")).isEqualTo(TaskState.QUEUED);
    }

    // --- the control plane's tasks

    @Test
    void launchesAnAssignmentOnlyAfterItsClaimWasWritten() {
        desk.sync("e");
        desk.assign("x", "t");
        List<Message> claim =
                desk.connector(List.of(), List.of(), List.of()).orElseThrow().messages();
        assertThat(claim).extracting(Message::kind).containsExactly(Message.Kind.CLAIM);
        assertThat(desk.stateOf("x")).isEqualTo(TaskState.QUEUED);

        desk.connector(List.of(claim.getFirst().id()), List.of(claim.getFirst().id()), List.of());

        assertThat(desk.stateOf("x")).isEqualTo(TaskState.LAUNCHING);
        assertThat(desk.state.outbox()).as("written is not received").hasSize(1);
    }

    @Test
    void givesAConnectorAgainWhatItDoesNotHold() {
        desk.assign("x", "t");
        desk.connector(List.of(), List.of(), List.of());

        assertThat(desk.connector(List.of(), List.of(), List.of()).orElseThrow().messages())
                .hasSize(1);
        long id = desk.state.outbox().iterator().next().id();
        assertThat(desk.connector(List.of(id), List.of(), List.of())
                        .orElseThrow()
                        .messages())
                .as("told at once only that it is known to hold a claim")
                .isEmpty();
        assertThat(desk.connector(List.of(id), List.of(), List.of())).isEmpty();
    }

    @Test
    void keepsAResultUntilItIsConfirmed() {
        end("x", "t", 0);
        assertThat(desk.state.outbox()).extracting(Message::kind).containsExactly(Message.Kind.RESULT);

        desk.deliverAll();

        assertThat(desk.state.outbox()).isEmpty();
    }

    @Test
    void claimsAgainWhenAnUnfinishedExecutionIsAssignedAgain() {
        desk.assign("x", "t");
        desk.deliverAll();

        assertThat(desk.assign("x", "t")).isEqualTo(new Reply.Known("x", true));

        assertThat(desk.state.outbox()).extracting(Message::kind).containsExactly(Message.Kind.CLAIM);
    }

    @Test
    void claimsAgainAlsoWhileTheFirstClaimIsNotConfirmed() {
        desk.assign("x", "t");
        long first = desk.state.outbox().iterator().next().id();
        desk.connector(List.of(first), List.of(first), List.of());

        desk.assign("x", "t");

        Answer.ToConnector answer =
                desk.connector(List.of(first), List.of(), List.of()).orElseThrow();
        assertThat(answer.drop()).containsExactly(first);
        assertThat(answer.messages()).extracting(Message::kind).containsExactly(Message.Kind.CLAIM);
    }

    @Test
    void tellsTheResultAgainWhenAFinishedExecutionIsAssignedAgain() {
        end("x", "t", 3);
        desk.deliverAll();

        assertThat(desk.assign("x", "t")).isEqualTo(new Reply.Known("x", false));

        assertThat(desk.state.outbox()).extracting(Message::kind).containsExactly(Message.Kind.RESULT);
        assertThat(desk.sync("e")).as("it never runs twice").isEmpty();
    }

    @Test
    void withoutAnExecutionsNameATaskIsADuplicateOnlyUntilItsResultIsConfirmed() {
        desk.assignUnnamed("t");
        desk.deliverAll();
        assertThat(desk.assignUnnamed("t")).isEqualTo(new Reply.Known("t", true));
        desk.sync("e");
        desk.finish("e", "t", 0);
        assertThat(desk.assignUnnamed("t")).isEqualTo(new Reply.Known("t", false));
        desk.deliverAll();

        assertThat(desk.assignUnnamed("t"))
                .isInstanceOfSatisfying(
                        Reply.Queued.class,
                        queued -> assertThat(queued.execution().id()).startsWith("t~"));
    }

    @Test
    void whatHasTheLongestIdCanBeLaunchedAgainToo() {
        String task = "t".repeat(ExecutionKey.MAX_ID);
        for (int i = 0; i < 3; i++) {
            desk.assignUnnamed(task);
            desk.deliverAll();
            ExecutionKey launched = desk.sync("e").orElseThrow().launch().getFirst();
            desk.finish("e", launched.execution(), 0);
            desk.deliverAll();
        }
        assertThat(desk.state.executions()).hasSize(3);
    }

    @Test
    void anIdThatCouldNotBeLaunchedIsNoSubmission() {
        assertThatThrownBy(() -> desk.submit("x".repeat(ExecutionKey.MAX_ID + 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anIdOfTheControlPlanesIsNobodyElses() {
        desk.assign("x", "t");
        desk.submit("y");

        assertThat(desk.play(new Event.Submit("x", true, "mine", Source.API, 0, false, OptionalLong.empty())))
                .isEqualTo(new Reply.IdTaken());
        assertThat(desk.assign("y", "t")).isEqualTo(new Reply.IdTaken());
        assertThat(desk.state.outbox()).hasSize(1);
    }

    @Test
    void aSubmissionThatComesAgainIsKnown() {
        desk.submit("a");
        desk.submit("a");
        assertThat(desk.state.executions()).hasSize(1);
    }

    @Test
    void aNewerExecutionSupersedesTheOlderResultOnceItIsLaunched() {
        end("x1", "t", 0);

        desk.assign("x2", "t");
        List<Message> told =
                desk.connector(List.of(), List.of(), List.of()).orElseThrow().messages();
        assertThat(told).extracting(Message::executionId).containsExactly("x2");

        long claim = told.getFirst().id();
        desk.connector(List.of(claim), List.of(claim), List.of());
        desk.sync("e");
        assertThat(desk.state.outbox()).extracting(Message::executionId).containsExactly("x2");
    }

    @Test
    void theToldEndOfANewerExecutionThatWasNeverLaunchedSupersedesTheOlderResult() {
        end("x1", "t", 0);
        desk.assign("x2", "t");
        desk.play(new Event.CancelExecution("x2", "user"));

        List<Message> told =
                desk.connector(List.of(), List.of(), List.of()).orElseThrow().messages();
        assertThat(told).extracting(Message::executionId).containsExactly("x2", "x2");
        List<Long> ids = told.stream().map(Message::id).toList();
        desk.connector(ids, List.of(ids.getFirst()), ids);

        assertThat(desk.state.outbox()).isEmpty();
    }

    @Test
    void theOlderResultIsToldWhenTheNewerExecutionIsDeclinedThoughItWasClaimedBefore() {
        desk.assign("x1", "t");
        desk.deliverAll();
        desk.sync("e");
        desk.assign("x2", "t");
        desk.deliverAll();
        desk.assign("x2", "t");
        long again = desk.state.outbox().iterator().next().id();
        desk.drain("e");
        desk.finish("e", "x1", 0);
        assertThat(desk.connector(List.of(again), List.of(), List.of())
                        .orElseThrow()
                        .messages())
                .isEmpty();

        List<Message> told = desk.connector(List.of(), List.of(), List.of(), List.of(again))
                .orElseThrow()
                .messages();

        assertThat(told).extracting(Message::executionId).containsExactly("x1");
        assertThat(told).extracting(Message::kind).containsExactly(Message.Kind.RESULT);
        assertThat(desk.state.execution("x2")).isEmpty();
    }

    @Test
    void theOlderResultIsToldWhenTheNewerExecutionWasClaimedAndIsDeclinedLater() {
        end("x1", "t", 0);
        desk.drain("e");
        desk.assign("x2", "t");
        desk.deliverClaims();
        desk.assign("x2", "t");
        long again = desk.connector(List.of(), List.of(), List.of())
                .orElseThrow()
                .messages()
                .getFirst()
                .id();

        List<Message> told = desk.connector(List.of(), List.of(), List.of(), List.of(again))
                .orElseThrow()
                .messages();

        assertThat(told).extracting(Message::executionId).containsExactly("x1");
    }

    @Test
    void aDeclinedExecutionSupersedesNoResult() {
        end("x1", "t", 0);
        desk.assign("x2", "t");
        long claim = desk.connector(List.of(), List.of(), List.of())
                .orElseThrow()
                .messages()
                .getFirst()
                .id();

        List<Message> told = desk.connector(List.of(), List.of(), List.of(), List.of(claim))
                .orElseThrow()
                .messages();

        assertThat(told).extracting(Message::executionId).containsExactly("x1");
    }

    @Test
    void tellsNoResultThatWasSupersededBeforeItWasThere() {
        desk.assign("x1", "t");
        desk.deliverAll();
        desk.sync("e");
        desk.assign("x2", "t");
        desk.deliverAll();
        assertThat(desk.stateOf("x2"))
                .as("two executions of one task never run at once")
                .isEqualTo(TaskState.QUEUED);

        desk.finish("e", "x1", 0);

        assertThat(desk.state.outbox()).isEmpty();
        assertThat(desk.stateOf("x2")).isEqualTo(TaskState.LAUNCHING);
    }

    @Test
    void asksAConnectorToDropWhatItHoldsInVain() {
        end("x1", "t", 0);
        long result = desk.state.outbox().iterator().next().id();
        desk.connector(List.of(result), List.of(), List.of());

        desk.assign("x2", "t");

        assertThat(desk.connector(List.of(result), List.of(), List.of())
                        .orElseThrow()
                        .drop())
                .containsExactly(result);
    }

    @Test
    void aCancelMeansEveryOpenExecutionOfTheTask() {
        desk.assign("x1", "t");
        desk.deliverAll();
        desk.sync("e");
        desk.assign("x2", "t");

        assertThat(desk.play(new Event.CancelTask("t", "control plane")))
                .isEqualTo(new Reply.Cancelled(List.of("x1", "x2")));
        assertThat(desk.stateOf("x1")).isEqualTo(TaskState.STOPPING);
        assertThat(desk.stateOf("x2")).isEqualTo(TaskState.CANCELLED);
        assertThat(desk.play(new Event.CancelTask("nobody's", "control plane")))
                .isEqualTo(new Reply.Cancelled(List.of()));
    }

    @Test
    void forgetsAnExecutionWhoseClaimTheConnectorDeclines() {
        desk.assign("x", "t");
        long claim = desk.state.outbox().iterator().next().id();

        desk.connector(List.of(), List.of(), List.of(), List.of(claim));

        assertThat(desk.state.execution("x")).isEmpty();
        assertThat(desk.state.outbox()).isEmpty();
        assertThat(desk.assign("x", "t")).isInstanceOf(Reply.Queued.class);
    }

    @Test
    void forgetsWhatIsNotLaunchedAlsoWhenAnEarlierClaimWasWritten() {
        desk.assign("x", "t");
        long claim = desk.state.outbox().iterator().next().id();
        desk.connector(List.of(claim), List.of(claim), List.of());

        desk.connector(List.of(), List.of(), List.of(), List.of(claim));

        assertThat(desk.state.execution("x")).isEmpty();
        assertThat(desk.state.outbox()).isEmpty();
    }

    @Test
    void givesBackWhatAConnectorSubmittedThatIsGoneBeforeItHeldTheClaim() {
        desk.assign(1, "x", "t");

        assertThat(desk.connector(2, List.of(), List.of(), List.of(), List.of())
                        .orElseThrow()
                        .messages())
                .isEmpty();

        assertThat(desk.state.execution("x")).isEmpty();
        assertThat(desk.state.outbox()).isEmpty();
        assertThat(desk.changes).contains(new Change.GivenBack("x", "t"));
        assertThat(desk.assign(2, "x", "t")).isInstanceOf(Reply.Queued.class);
    }

    @Test
    void givesBackWhatAnOlderConnectorSubmittedAlsoWhenANewerOneSubmitsBeforeItReports() {
        desk.assign(1, "x", "t");

        assertThat(desk.assign(2, "x", "t")).isInstanceOf(Reply.Queued.class);

        assertThat(desk.state.outbox()).extracting(Message::claimant).containsExactly(2L);
        assertThat(desk.assign(1, "x", "t")).isInstanceOf(Reply.Outdated.class);
    }

    @Test
    void handsTheClaimToAnyConnectorOnceTheOneThatSubmittedItHoldsIt() {
        desk.assign(1, "x", "t");
        long claim = desk.state.outbox().iterator().next().id();
        desk.connector(1, List.of(), List.of(), List.of(), List.of());
        Optional<Answer.ToConnector> known = desk.connector(1, List.of(claim), List.of(), List.of(), List.of());

        Optional<Answer.ToConnector> next = desk.connector(2, List.of(), List.of(), List.of(), List.of());

        assertThat(known).as("the answer that lets it write the claim").isPresent();
        assertThat(next.orElseThrow().messages()).extracting(Message::id).containsExactly(claim);
    }

    @Test
    void aClaimThatIsHeldStaysWithEveryConnectorWhenItsExecutionIsAssignedAgain() {
        desk.assign(1, "x", "t");
        long claim = desk.state.outbox().iterator().next().id();
        desk.connector(1, List.of(claim), List.of(), List.of(), List.of());

        desk.assign(1, "x", "t");

        assertThat(desk.state.outbox()).extracting(Message::claimant).containsExactly(0L);
    }

    @Test
    void hearsNoConnectorThatIsOlderThanTheOneThatMayClaim() {
        desk.assign(2, "x", "t");

        desk.connector(1, List.of(), List.of(), List.of(), List.of());

        assertThat(desk.reply).isInstanceOf(Reply.Outdated.class);
        assertThat(desk.state.execution("x")).isPresent();
    }

    @Test
    void whatWasLaunchedGoesOnThoughItWasAssignedAgainInDoubt() {
        desk.assign(1, "x", "t");
        desk.deliverClaims();
        desk.sync("e");
        desk.assign(1, "x", "t");

        desk.connector(2, List.of(), List.of(), List.of(), List.of());

        assertThat(desk.stateOf("x")).isEqualTo(TaskState.LAUNCHING);
    }

    @Test
    void whatWasLaunchedLosesOnlyItsDeclinedClaimAndItsResultIsTold() {
        desk.assign("x", "t");
        long claim = desk.state.outbox().iterator().next().id();
        desk.connector(List.of(claim), List.of(claim), List.of());
        desk.sync("e");

        desk.connector(List.of(), List.of(), List.of(), List.of(claim));
        assertThat(desk.state.outbox()).isEmpty();
        desk.finish("e", "x", 0);

        assertThat(desk.stateOf("x")).isEqualTo(TaskState.SUCCEEDED);
        assertThat(desk.deliverAll()).extracting(Message::kind).containsExactly(Message.Kind.RESULT);
    }

    @Test
    void neverGivesANumberTwiceEvenWhenAnOlderLedgerIsRestored() {
        desk.assign("x", "t");
        long before = desk.state.outbox().iterator().next().id();
        Desk restored = new Desk();
        restored.now = desk.now + 1;

        restored.assign("y", "t");

        assertThat(restored.state.outbox().iterator().next().id()).isGreaterThan(before);
    }

    // --- time

    @Test
    void forgetsWhatEndedLongAgoUnlessItsResultIsStillAwaited() {
        desk.submit("a");
        desk.sync("e");
        desk.finish("e", "a", 0);
        end("x", "t", 0);

        desk.now += 1_000_001;
        desk.play(new Event.Tick());

        assertThat(desk.state.execution("a")).isEmpty();
        assertThat(desk.state.execution("x")).isPresent();
    }

    @Test
    void remembersWhatSupersedesAnOlderExecutionAsLongAsThatOne() {
        desk.assign("x1", "t");
        desk.deliverAll();
        desk.sync("e");
        desk.assign("x2", "t");
        desk.play(new Event.CancelExecution("x2", "user"));
        desk.deliverAll();

        desk.now += 1_000_001;
        desk.play(new Event.Tick());
        desk.finish("e", "x1", 0);

        assertThat(desk.state.execution("x2")).isPresent();
        assertThat(desk.state.outbox()).isEmpty();

        desk.now += 1_000_001;
        desk.play(new Event.Tick());
        desk.play(new Event.Tick());

        assertThat(desk.state.executions()).isEmpty();
    }

    @Test
    void leasesRunOnlyWhileTheLoopDoes() {
        desk.play(new Event.Tick());
        desk.sync("e");
        desk.now += 60_000;

        desk.play(new Event.Tick());

        assertThat(present()).isTrue();
        for (int i = 0; i < 16; i++) {
            desk.now += 1_000;
            desk.play(new Event.Tick());
        }
        assertThat(present()).isFalse();
    }

    private boolean present() {
        return desk.state.executor("e").orElseThrow().isPresent(desk.now, 15_000);
    }

    private void end(String execution, String task, int code) {
        desk.assign(execution, task);
        desk.deliverAll();
        desk.sync("e");
        desk.finish("e", execution, code);
    }

    private Life.Ended ended(String execution) {
        return (Life.Ended) desk.state.execution(execution).orElseThrow().life();
    }

    private List<TaskState> moves(String execution) {
        return desk.changes.stream()
                .filter(Change.Moved.class::isInstance)
                .map(Change.Moved.class::cast)
                .filter(moved -> moved.executionId().equals(execution))
                .map(moved -> moved.to().state())
                .toList();
    }

    private List<String> launchOrder() {
        return desk.changes.stream()
                .flatMap(change -> change instanceof Change.Moved moved && moved.to() instanceof Life.Launching
                        ? Optional.of(moved.executionId()).stream()
                        : Optional.<String>empty().stream())
                .toList();
    }

    private Optional<String> waiting(String execution) {
        return WaitingReason.of(
                desk.state, limits(0, 100), desk.state.execution(execution).orElseThrow(), desk.now);
    }
}
