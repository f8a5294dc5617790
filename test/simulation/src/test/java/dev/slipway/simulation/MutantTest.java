package dev.slipway.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class MutantTest {
    private static final int HISTORIES = 5_000;

    private record Broken(History history, Violation violation) {}

    @Test
    void aDispatcherThatBelievesOldReportsIsCaught() {
        assertThat(ruleBrokenBy(Mutants.withoutFence())).containsAnyOf("4: ", "7: ", "8: ");
    }

    @Test
    void aDispatcherThatTriesAgainWhatMayHaveRunIsCaught() {
        assertThat(ruleBrokenBy(Mutants.tryingAgainWhatMayHaveRun()))
                .isEqualTo("3: what is tried again certainly never ran");
    }

    @Test
    void aDispatcherThatTriesForEverIsCaught() {
        assertThat(ruleBrokenBy(Mutants.tryingForEver())).isEqualTo("there is an end to trying again");
    }

    @Test
    void aDispatcherThatTriesAgainAtOnceIsCaught() {
        assertThat(ruleBrokenBy(Mutants.tryingAgainAtOnce())).isEqualTo("trying again is not hammering");
    }

    @Test
    void aDispatcherThatGivesUpTooEarlyIsCaught() {
        assertThat(ruleBrokenBy(Mutants.givingUpTooEarly()))
                .isEqualTo("an executor is lost after it was away for long");
    }

    @Test
    void aDispatcherThatLetsExpireTooEarlyIsCaught() {
        assertThat(ruleBrokenBy(Mutants.expiringTooEarly())).isEqualTo("what expires in the queue has waited for long");
    }

    @Test
    void aDispatcherThatForgetsTheDefaultTimeoutIsCaught() {
        assertThat(ruleBrokenBy(Mutants.withoutTheDefaultTimeout()))
                .isEqualTo("an execution has the timeout that was asked for, or else the default one");
    }

    @Test
    void aDispatcherThatGoesOnThroughAShutdownIsCaught() {
        assertThat(ruleBrokenBy(Mutants.goingOnThroughAShutdown())).isEqualTo("during a shutdown nothing is launched");
    }

    @Test
    void aDispatcherThatDoesNotHearThatAnExecutorLeavesIsCaught() {
        assertThat(ruleBrokenBy(Mutants.notHearingThatAnExecutorLeaves()))
                .isEqualTo("an executor that shuts down gets nothing");
    }

    @Test
    void aDispatcherThatTakesNothingOverIsCaught() {
        assertThat(ruleBrokenBy(Mutants.takingNothingOver()))
                .isIn(
                        "3: what an executor has is not started by another",
                        "an executor and the dispatcher pause while nothing happens");
    }

    @Test
    void aDispatcherThatWaitsForNobodyIsCaught() {
        assertThat(ruleBrokenBy(Mutants.waitingForNobody()))
                .isEqualTo("3: what an executor has is not started by another");
    }

    @Test
    void aDispatcherThatAnswersBeforeTheCommitIsCaught() {
        assertThat(ruleBrokenBy(Mutants.answeringBeforeTheCommit())).containsAnyOf("1: ", "2: ", "5: ", "durable");
    }

    @Test
    void anExecutorThatForgetsBeforeTheAcknowledgementIsCaught() {
        assertThat(ruleBrokenBy(Mutants.forgettingBeforeTheAcknowledgement())).startsWith("5: ");
    }

    @Test
    void aConnectorThatTakesWrittenForReceivedIsCaught() {
        assertThat(ruleBrokenBy(Mutants.confirmingWhatIsWritten())).startsWith("6: ");
    }

    @Test
    void aDispatcherThatTakesHandedOutForReceivedIsCaught() {
        assertThat(ruleBrokenBy(Mutants.confirmingWhatIsHandedOut()))
                .isIn("1: what counts as claimed was claimed", "6: a message leaves when a pong proved its receipt");
    }

    @Test
    void aDispatcherThatLosesWhatItAnswersAgainIsCaught() {
        assertThat(ruleBrokenBy(Mutants.losingWhatIsAnsweredAgain())).startsWith("6: ");
    }

    @Test
    void aDispatcherThatDoesNotAnswerAgainIsCaught() {
        assertThat(ruleBrokenBy(Mutants.notAnsweringAgain())).isEqualTo("6: what is assigned is answered");
    }

    @Test
    void aConnectorThatRejectsSilentlyIsCaught() {
        assertThat(ruleBrokenBy(Mutants.rejectingSilently())).isEqualTo("6: what is assigned is answered");
    }

    @Test
    void aConnectorThatWritesNewestFirstAfterACutIsCaught() {
        assertThat(ruleBrokenBy(Mutants.writingNewestFirstAfterACut())).isEqualTo("1: a result comes after its claim");
    }

    @Test
    void aDispatcherThatForgetsByAgeAloneIsCaught() {
        assertThat(ruleBrokenBy(Mutants.forgettingByAgeAlone()))
                .isEqualTo("6: a message leaves when a pong proved its receipt");
    }

    @Test
    void aDispatcherThatDeclinesForEverIsCaught() {
        assertThat(ruleBrokenBy(Mutants.decliningForEver()))
                .isIn("6: a message leaves when a pong proved its receipt", "what is forgotten is over");
    }

    @Test
    void aDispatcherThatLetsEverybodyClaimIsCaught() {
        assertThat(ruleBrokenBy(Mutants.lettingEverybodyClaim()))
                .isEqualTo("1: what was rejected is not claimed, by no later connector either");
    }

    @Test
    void aConnectorThatClaimsBeforeTheDispatcherKnowsIsCaught() {
        assertThat(ruleBrokenBy(Mutants.claimingAtOnce()))
                .isIn("6: a message leaves when a pong proved its receipt", "what is forgotten is over");
    }

    @Test
    void aDispatcherThatDoesNotTellWhatItCancelsIsCaught() {
        assertThat(ruleBrokenBy(Mutants.notTellingWhatIsCancelled()))
                .isEqualTo("6: what has ended is told until that is proved");
    }

    @Test
    void aDispatcherThatRecordsEveryNumberOfAPreparationIsCaught() {
        assertThat(ruleBrokenBy(Mutants.recordingEveryNumber()))
                .isIn("there is an end to what is recorded of a preparation", "memory and rows are the same");
    }

    @Test
    void aDispatcherThatIsDeafToObstaclesIsCaught() {
        assertThat(ruleBrokenBy(Mutants.deafToObstacles())).isEqualTo("what can start nothing gets nothing");
    }

    @Test
    void anExecutorThatDoesNotTellThatSomethingHasToWaitIsCaught() {
        assertThat(ruleBrokenBy(Mutants.forgettingSilently()))
                .isEqualTo("an executor and the dispatcher pause while nothing happens");
    }

    @Test
    void aDispatcherThatCountsSlotsInACounterIsCaught() {
        assertThat(ruleBrokenBy(Mutants.countingSlots())).startsWith("9: ");
    }

    @Test
    void whatBreaksARuleIsShownWithoutAnythingThatIsNotNeededForIt() {
        Parts mutant = Mutants.withoutFence();
        Simulator simulator = new Simulator(mutant);
        Broken broken = firstBroken(mutant).orElseThrow();
        String rule = broken.violation().rule();

        History shortest = simulator.shrink(broken.history(), rule);

        assertThat(Story.of(simulator, broken.history(), broken.violation()))
                .contains(
                        "seed " + broken.history().seed(),
                        rule,
                        shortest.actions().getFirst().toString());
        assertThat(shortest.actions())
                .hasSizeLessThan(broken.history().actions().size());
        for (int i = 0; i < shortest.actions().size(); i++) {
            List<Action> fewer = new ArrayList<>(shortest.actions());
            fewer.remove(i);
            History shorter = shortest.with(fewer);
            assertThat(simulator.run(shorter).violation().map(Violation::rule)).isNotEqualTo(Optional.of(rule));
        }
    }

    private static String ruleBrokenBy(Parts mutant) {
        return firstBroken(mutant).map(broken -> broken.violation().rule()).orElse("none");
    }

    private static Optional<Broken> firstBroken(Parts mutant) {
        Simulator simulator = new Simulator(mutant);
        return LongStream.rangeClosed(1, HISTORIES)
                .mapToObj(Author::history)
                .flatMap(history ->
                        simulator.run(history).violation().stream().map(violation -> new Broken(history, violation)))
                .findFirst();
    }
}
