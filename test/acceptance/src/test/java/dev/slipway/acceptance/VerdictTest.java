package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.acceptance.FaultPlan.Fault;
import dev.slipway.acceptance.FaultPlan.Round;
import dev.slipway.acceptance.FaultPlan.Strike;
import dev.slipway.acceptance.FaultPlan.Task;
import dev.slipway.acceptance.FaultyBackend.Harm;
import dev.slipway.acceptance.FaultyBackend.Meanwhile;
import dev.slipway.protocol.BackendKind;
import dev.slipway.testkit.Received;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whatever could go wrong is noticed: each test begins with a history in which nothing did. */
class VerdictTest {
    private static final Task THEIRS = task(0, true, 3, OptionalLong.empty());
    private static final Task OURS = task(1, false, 0, OptionalLong.empty());
    private static final Task CANCELLED = task(2, true, 0, OptionalLong.of(5));
    private static final FaultPlan PLAN = new FaultPlan(
            BackendKind.DIRECT,
            1,
            List.of(new Round(List.of(THEIRS, OURS, CANCELLED), List.of(new Strike(0, new Fault.Cut())))));

    private static final String GONE = "the container slipway-1 is gone";
    private static final String STARTED_UNSEEN =
            "the Docker engine was restarted while it was to start the task, and does not know whether it runs";

    private static final JsonNode UNSEEN = json(
            "{'state': 'failed', 'message': 'the shell that kept the run was killed before it had recorded how agent ended'}");

    /** Each writes ten lines, one in each tenth of its time. */
    private final List<String> journal = new ArrayList<>(Stream.of(
                    Stream.of("start run-0 10", "start run-1 11"),
                    IntStream.rangeClosed(1, 10).mapToObj(line -> "until run-0 " + line),
                    IntStream.rangeClosed(1, 10).mapToObj(line -> "until run-1 " + line),
                    Stream.of("end run-1 0", "end run-0 3", "start run-2 12", "until run-2 1"))
            .flatMap(lines -> lines)
            .toList());

    private final List<Received> received = new ArrayList<>(List.of(
            frame("task_failed", "{'task_id': 'task-0', 'exit_code': 3}"),
            frame("task_completed", "{'task_id': 'task-2', 'task_state': 'CANCELLED'}")));
    private final Map<String, JsonNode> tasks = new HashMap<>(Map.of(
            "run-0", json("{'state': 'failed', 'exitCode': 3}"),
            "run-1", json("{'state': 'succeeded', 'exitCode': 0}"),
            "run-2", json("{'state': 'cancelled'}")));
    private final Map<String, String> logs = new HashMap<>(Map.of(
            "run-0", THEIRS.output(),
            "run-1", OURS.output(),
            "run-2", CANCELLED.output().substring(0, 64)));
    private final Map<String, List<Harm>> harmed = new HashMap<>();
    private final List<String> left = new ArrayList<>();

    private static Task task(int number, boolean fromControlPlane, int exitCode, OptionalLong cancelAt) {
        return new Task(number, fromControlPlane, 0, 0, exitCode, 10, false, OptionalLong.empty(), cancelAt);
    }

    private static Received frame(String type, String data) {
        return new Received(1, type, json(data));
    }

    private static JsonNode json(String text) {
        try {
            return Slipway.JSON.readTree(text.replace('\'', '"'));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private List<String> violations() {
        return Verdict.of(PLAN, new Verdict.Seen(journal, harmed, received, tasks, logs, left, List.of()))
                .violations()
                .stream()
                .map(violation -> violation.kind() + ": " + violation.what())
                .toList();
    }

    @Test
    void nothingIsWrongWithATruthfulHistory() {
        assertThat(violations()).isEmpty();
    }

    @Test
    void noticesAMissingResult() {
        received.removeFirst();
        tasks.remove("run-1");
        assertThat(violations()).hasSize(2).allMatch(violation -> violation.contains("has no result"));
    }

    @Test
    void noticesASecondStart() {
        journal.add("start run-0 13");
        assertThat(violations()).containsExactly("STARTED_TWICE: run-0 was started 2 times");
    }

    @Test
    void noticesAnotherExitCode() {
        received.set(0, frame("task_failed", "{'task_id': 'task-0', 'exit_code': 4}"));
        tasks.put("run-0", json("{'state': 'failed', 'exitCode': 4}"));
        assertThat(violations()).singleElement().asString().contains("exited with 3", "failed with 4");
    }

    @Test
    void noticesTwoDifferentResults() {
        received.add(frame("task_completed", "{'task_id': 'task-0'}"));
        assertThat(violations()).singleElement().asString().contains("different ways");
    }

    @Test
    void noticesAnAgentThatWasKilledThoughNobodyCancelledIt() {
        journal.remove("end run-0 3");
        assertThat(violations()).singleElement().asString().contains("run-0 was killed");
    }

    @Test
    void noticesASuccessWithoutAStart() {
        journal.removeIf(line -> line.contains("run-1"));
        logs.put("run-1", "");
        assertThat(violations()).singleElement().asString().contains("never started");
    }

    @Test
    void noticesAFailureWithoutAStartWhateverItsCause() {
        journal.removeIf(line -> line.contains("run-1"));
        logs.put("run-1", "");
        tasks.put("run-1", json("{'state': 'failed', 'message': 'the workspace cannot be made'}"));
        assertThat(violations())
                .containsExactly("NEVER_STARTED: run-1 was never started: the workspace cannot be made");
    }

    @Test
    void noticesACancellationThatNobodyAskedFor() {
        journal.removeIf(line -> line.contains("run-1"));
        logs.put("run-1", "");
        tasks.put("run-1", json("{'state': 'cancelled'}"));
        assertThat(violations()).singleElement().asString().contains("never started", "cancelled");
    }

    @Test
    void nothingIsWrongWithAnEndThatIsToldAsUnseenBecauseItsKeeperWasKilled() {
        harmed.put("run-1", List.of(new Harm.KeeperKilled()));
        tasks.put("run-1", UNSEEN);
        assertThat(violations()).as("it came to its own end").isEmpty();

        journal.remove("end run-1 0");
        assertThat(violations()).as("it was ended").isEmpty();
    }

    @Test
    void noticesAnEndThatNobodyCanHaveSeen() {
        harmed.put("run-0", List.of(new Harm.KeeperKilled()));
        assertThat(violations()).singleElement().asString().contains("lost its keeper", "failed with 3");
    }

    @Test
    void noticesAnEndThatIsToldAsUnseenThoughItsKeeperLived() {
        tasks.put("run-1", UNSEEN);
        assertThat(violations()).singleElement().asString().contains("exited with 0");
    }

    /** What the agent wrote into the journal after this line never happened. */
    private void cutJournalOf(String execution, String after) {
        int last = journal.indexOf(after);
        for (int at = journal.size() - 1; at > last; at--) {
            if (journal.get(at).split(" ", -1)[1].equals(execution)) {
                journal.remove(at);
            }
        }
    }

    /** The engine was ended just before the journal's line {@code from}, and was back just before {@code to}. */
    private void endEngine(String execution, boolean hadStarted, int recordedLines, String from, String to) {
        harmed.put(execution, List.of(engineEnded(false, hadStarted, recordedLines, from, to)));
    }

    private Harm engineEnded(boolean keepsContainers, boolean hadStarted, int recordedLines, String from, String to) {
        Meanwhile meanwhile = new Meanwhile(journal.indexOf(from), journal.indexOf(to));
        return new Harm.EngineEnded(true, keepsContainers, hadStarted, recordedLines * FaultPlan.LINE, meanwhile);
    }

    private void removeContainer(String execution, boolean isGone, int toldLines) {
        Meanwhile meanwhile = new Meanwhile(journal.indexOf("until run-1 3"), journal.indexOf("until run-1 5"));
        harmed.put(execution, List.of(new Harm.ContainerRemoved(isGone, toldLines * FaultPlan.LINE, meanwhile)));
    }

    private static String lines(Task task, int from, int to) {
        return task.output().substring(from * FaultPlan.LINE, to * FaultPlan.LINE);
    }

    private static JsonNode failed(String message) {
        return json("{'state': 'failed', 'message': '" + message + "'}");
    }

    @Test
    void nothingIsWrongWithAnEndThatTheEngineBroughtAndThatIsToldSo() {
        endEngine("run-1", true, 1, "until run-1 3", "end run-0 3");
        cutJournalOf("run-1", "until run-1 4");
        tasks.put("run-1", json("{'state': 'failed', 'exitCode': 143}"));
        logs.put("run-1", lines(OURS, 0, 1));
        assertThat(violations()).isEmpty();
    }

    @Test
    void noticesAnEndThatAnEngineIsBlamedForWhichLetsContainersLive() {
        harmed.put("run-1", List.of(engineEnded(true, true, 10, "until run-1 3", "end run-0 3")));
        cutJournalOf("run-1", "until run-1 4");
        tasks.put("run-1", json("{'state': 'failed', 'exitCode': 143}"));
        assertThat(violations()).singleElement().asString().contains("run-1 was killed");
    }

    @Test
    void nothingIsWrongWithAnEndThatAnEngineBroughtWhichWasStoppedWhileTheContainerStarted() {
        Meanwhile meanwhile = new Meanwhile(journal.indexOf("start run-0 10"), journal.indexOf("end run-0 3"));
        cutJournalOf("run-1", "until run-1 4");
        tasks.put("run-1", json("{'state': 'failed', 'exitCode': 143}"));
        harmed.put("run-1", List.of(new Harm.EngineEnded(false, true, false, 0, meanwhile)));
        assertThat(violations()).isEmpty();

        harmed.put("run-1", List.of(new Harm.EngineEnded(true, true, false, 0, meanwhile)));
        assertThat(violations()).as("a killed one ends nothing").hasSize(1);
    }

    @Test
    void noticesAnEndThatAnEngineIsBlamedForThoughTheAgentCameToItsOwnBefore() {
        endEngine("run-1", true, 10, "end run-0 3", "start run-2 12");
        tasks.put("run-1", json("{'state': 'failed', 'exitCode': 143}"));
        assertThat(violations()).singleElement().asString().contains("exited with 0", "143");
    }

    @Test
    void noticesAnEndThatAnEngineIsBlamedForThoughTheAgentCameToItsOwnAfter() {
        endEngine("run-1", true, 2, "until run-1 3", "until run-1 5");
        tasks.put("run-1", json("{'state': 'failed', 'exitCode': 143}"));
        assertThat(violations()).singleElement().asString().contains("exited with 0", "143");
    }

    @Test
    void nothingIsWrongWithAStartThatOnlyADeadEngineKnew() {
        endEngine("run-1", false, 0, "start run-0 10", "until run-1 1");
        tasks.put("run-1", failed(STARTED_UNSEEN));
        logs.put("run-1", "");
        assertThat(violations()).as("it ran").isEmpty();

        journal.removeIf(line -> line.contains("run-1"));
        assertThat(violations()).as("it did not").isEmpty();
    }

    @Test
    void noticesAStartThatIsToldAsUnseenThoughTheEngineHadRecordedIt() {
        endEngine("run-1", true, 2, "until run-1 3", "end run-0 3");
        tasks.put("run-1", failed(STARTED_UNSEEN));
        assertThat(violations()).singleElement().asString().contains("exited with 0", "restarted");
    }

    @Test
    void nothingIsWrongWithAContainerThatIsToldAsGoneBecauseSomebodyRemovedIt() {
        removeContainer("run-1", true, 2);
        cutJournalOf("run-1", "until run-1 4");
        tasks.put("run-1", failed(GONE));
        logs.put("run-1", lines(OURS, 0, 2));
        assertThat(violations()).as("seen when it was gone").isEmpty();

        tasks.put("run-1", json("{'state': 'failed', 'exitCode': 137}"));
        assertThat(violations()).as("seen when it was killed").isEmpty();
    }

    @Test
    void noticesAContainerThatIsToldAsGoneThoughItsRemovalFailed() {
        removeContainer("run-1", false, 10);
        cutJournalOf("run-1", "until run-1 4");
        tasks.put("run-1", failed(GONE));
        assertThat(violations()).singleElement().asString().contains("run-1 was killed");
    }

    @Test
    void noticesAContainerThatIsToldAsGoneThoughOnlyItsEngineWasEnded() {
        endEngine("run-1", true, 10, "until run-1 3", "end run-0 3");
        cutJournalOf("run-1", "until run-1 4");
        tasks.put("run-1", failed(GONE));
        assertThat(violations()).singleElement().asString().contains("run-1 was killed");
    }

    @Test
    void noticesWhatIsBlamedOnAnEngineThatDidNothing() {
        journal.remove("end run-1 0");
        tasks.put("run-1", json("{'state': 'failed', 'exitCode': 143}"));
        assertThat(violations()).singleElement().asString().contains("run-1 was killed");
        tasks.put("run-1", failed(GONE));
        assertThat(violations()).singleElement().asString().contains("run-1 was killed");
    }

    @Test
    void noticesASuccessOrACodeOfItsOwnOfWhatTheEngineEnded() {
        endEngine("run-0", true, 10, "until run-0 9", "end run-1 0");
        endEngine("run-1", true, 10, "until run-1 9", "end run-1 0");
        journal.removeIf(line -> line.startsWith("end run-"));
        assertThat(violations()).hasSize(2).allMatch(violation -> violation.contains("was killed, and told as"));
    }

    @Test
    void noticesMissingOutputThatTheEngineHadRecordedBeforeItWasEnded() {
        endEngine("run-0", true, 3, "until run-0 5", "until run-1 10");
        cutJournalOf("run-0", "until run-0 6");
        received.set(0, frame("task_failed", "{'task_id': 'task-0', 'exit_code': 137}"));
        tasks.put("run-0", json("{'state': 'failed', 'exitCode': 137}"));
        logs.put("run-0", lines(THEIRS, 0, 3));
        assertThat(violations()).as("what was not recorded is missing").isEmpty();

        logs.put("run-0", lines(THEIRS, 0, 2));
        assertThat(violations()).singleElement().asString().contains("OUTPUT_WRONG", "128 are kept");
    }

    @Test
    void noticesMissingOutputThatWasWrittenWhenTheEngineWasBack() {
        endEngine("run-0", true, 3, "until run-0 4", "until run-0 7");
        logs.put("run-0", lines(THEIRS, 0, 3) + lines(THEIRS, 6, 10));
        assertThat(violations()).as("what was written meanwhile is missing").isEmpty();

        logs.put("run-0", lines(THEIRS, 0, 3) + lines(THEIRS, 7, 10));
        assertThat(violations())
                .as("and a line more")
                .singleElement()
                .asString()
                .contains("OUTPUT_WRONG");

        logs.put("run-0", lines(THEIRS, 0, 9));
        assertThat(violations()).as("its end").singleElement().asString().contains("OUTPUT_WRONG");
    }

    @Test
    void noticesMissingOutputOfAContainerThatItsEngineEndedBeforeItself() {
        Meanwhile meanwhile = new Meanwhile(journal.indexOf("until run-0 4"), journal.indexOf("until run-1 10"));
        harmed.put("run-0", List.of(new Harm.EngineEnded(false, false, true, 3 * FaultPlan.LINE, meanwhile)));
        cutJournalOf("run-0", "until run-0 6");
        received.set(0, frame("task_failed", "{'task_id': 'task-0', 'exit_code': 143}"));
        tasks.put("run-0", json("{'state': 'failed', 'exitCode': 143}"));
        logs.put("run-0", lines(THEIRS, 0, 5));
        assertThat(violations()).as("all but what it was about to write").isEmpty();

        logs.put("run-0", lines(THEIRS, 0, 4));
        assertThat(violations()).singleElement().asString().contains("OUTPUT_WRONG");
    }

    @Test
    void noticesMissingOutputOfWhatHadEndedAndWasRecordedBeforeTheEngineWasEnded() {
        endEngine("run-0", true, 10, "start run-2 12", "until run-2 1");
        logs.put("run-0", lines(THEIRS, 0, 9));
        assertThat(violations()).singleElement().asString().contains("OUTPUT_WRONG");
    }

    @Test
    void noticesMissingOutputThatWasToldBeforeTheContainerWasRemoved() {
        removeContainer("run-1", true, 2);
        cutJournalOf("run-1", "until run-1 4");
        tasks.put("run-1", failed(GONE));
        logs.put("run-1", lines(OURS, 0, 1));
        assertThat(violations()).singleElement().asString().contains("OUTPUT_WRONG");
    }

    @Test
    void noticesMissingOutputOfAnAgentThatWasStoppedAfterItHadWrittenIt() {
        journal.add("until run-2 2");
        assertThat(violations()).as("all but what it was about to write").isEmpty();

        logs.put("run-2", "");
        assertThat(violations()).singleElement().asString().contains("OUTPUT_WRONG", "run-2");
    }

    @Test
    void noticesOutputThatIsMissingOrDoubledOrOfAnother() {
        logs.put("run-0", THEIRS.output().substring(64));
        logs.put("run-1", OURS.output() + OURS.output());
        logs.put("run-2", OURS.output());
        assertThat(violations()).hasSize(3).allMatch(violation -> violation.contains("bytes of output"));
    }

    @Test
    void noticesWhatIsLeft() {
        left.add("process 17");
        assertThat(violations()).containsExactly("LEFT_BEHIND: process 17");
    }
}
