package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.acceptance.FaultPlan.Fault;
import dev.slipway.acceptance.FaultPlan.Round;
import dev.slipway.acceptance.FaultPlan.Strike;
import dev.slipway.acceptance.FaultPlan.Task;
import dev.slipway.acceptance.FaultyBackend.Harm;
import dev.slipway.protocol.BackendKind;
import dev.slipway.testkit.Received;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
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

    private static final JsonNode UNSEEN = json(
            "{'state': 'failed', 'message': 'the shell that kept the run was killed before it had recorded how agent ended'}");

    private final List<String> journal = new ArrayList<>(
            List.of("start run-0 10", "start run-1 11", "end run-1 0", "end run-0 3", "start run-2 12"));
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
    private final Map<Harm, Set<String>> harmed = new HashMap<>();
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
        harmed.put(Harm.KEEPER_KILLED, Set.of("run-1"));
        tasks.put("run-1", UNSEEN);
        assertThat(violations()).as("it came to its own end").isEmpty();

        journal.remove("end run-1 0");
        assertThat(violations()).as("it was ended").isEmpty();
    }

    @Test
    void noticesAnEndThatNobodyCanHaveSeen() {
        harmed.put(Harm.KEEPER_KILLED, Set.of("run-0"));
        assertThat(violations()).singleElement().asString().contains("lost its keeper", "failed with 3");
    }

    @Test
    void noticesAnEndThatIsToldAsUnseenThoughItsKeeperLived() {
        tasks.put("run-1", UNSEEN);
        assertThat(violations()).singleElement().asString().contains("exited with 0");
    }

    @Test
    void nothingIsWrongWithAnEndThatTheEngineBroughtAndThatIsToldSo() {
        harmed.put(Harm.ENGINE_GONE, Set.of("run-1"));
        journal.remove("end run-1 0");
        tasks.put("run-1", json("{'state': 'failed', 'exitCode': 143}"));
        logs.put("run-1", OURS.output().substring(0, 64));
        assertThat(violations()).isEmpty();
    }

    @Test
    void nothingIsWrongWithAStartThatOnlyADeadEngineKnew() {
        harmed.put(Harm.ENGINE_GONE, Set.of("run-1"));
        tasks.put(
                "run-1",
                json(
                        "{'state': 'failed', 'message': 'the Docker engine was restarted while it was to start the agent'}"));
        assertThat(violations()).as("it ran").isEmpty();

        journal.removeIf(line -> line.contains("run-1"));
        logs.put("run-1", "");
        assertThat(violations()).as("it did not").isEmpty();
    }

    @Test
    void nothingIsWrongWithAContainerThatIsToldAsGoneBecauseSomebodyRemovedIt() {
        harmed.put(Harm.CONTAINER_REMOVED, Set.of("run-1"));
        journal.remove("end run-1 0");
        tasks.put("run-1", json("{'state': 'failed', 'message': 'the container slipway-1 is gone'}"));
        assertThat(violations()).isEmpty();
    }

    @Test
    void noticesWhatIsBlamedOnAnEngineThatDidNothing() {
        journal.remove("end run-1 0");
        tasks.put("run-1", json("{'state': 'failed', 'exitCode': 143}"));
        assertThat(violations()).singleElement().asString().contains("run-1 was killed");
        tasks.put("run-1", json("{'state': 'failed', 'message': 'the container slipway-1 is gone'}"));
        assertThat(violations()).singleElement().asString().contains("run-1 was killed");
    }

    @Test
    void noticesASuccessOrACodeOfItsOwnOfWhatTheEngineEnded() {
        harmed.put(Harm.ENGINE_GONE, Set.of("run-0", "run-1"));
        journal.removeIf(line -> line.startsWith("end run-"));
        assertThat(violations()).hasSize(2).allMatch(violation -> violation.contains("was killed, and told as"));
    }

    @Test
    void noticesWhatIsMissingInTheMidstOfOutputAlsoAfterAnEnginesDeath() {
        harmed.put(Harm.ENGINE_GONE, Set.of("run-0"));
        String output = THEIRS.output();
        logs.put("run-0", output.substring(0, 128));
        assertThat(violations()).as("its end is missing").isEmpty();

        logs.put("run-0", output.substring(0, 128) + output.substring(192));
        assertThat(violations()).singleElement().asString().contains("differ from byte 1");
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
