package dev.slipway.connector.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.Container;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSubmission;
import dev.slipway.testkit.Assignment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AssignmentsTest {
    private static final AgentDefaults DEFAULTS = new AgentDefaults("https://root", Optional.empty(), Optional.empty());

    @Test
    void translatesAnAssignment() {
        TaskSubmission submission =
                translate(Assignment.of("t").execution("e").title("a title").image("image:1"), DEFAULTS);

        assertThat(submission.executionId()).isEqualTo("e");
        assertThat(submission.namedExecution()).isTrue();
        assertThat(submission.title()).contains("a title");
        assertThat(submission.spec().taskId()).isEqualTo("t");
        assertThat(submission.spec().image()).contains("image:1");
        assertThat(submission.spec().workdir()).isEmpty();
        assertThat(submission.spec().traceparent()).contains("00-trace");
        assertThat(submission.spec().program()).isInstanceOfSatisfying(Program.Agent.class, agent -> {
            assertThat(agent.args()).startsWith("agent", "run");
            assertThat(agent.harness()).isEmpty();
        });
    }

    @Test
    void passesOnWhatTheContainerIsToHave() {
        TaskSubmission submission = translate(
                Assignment.of("t")
                        .with("sidecar_image", "agent:1")
                        .with("additional_sidecars", List.of(Map.of("image", "tools:1", "mount_path", "/tools"))),
                DEFAULTS);

        assertThat(submission.spec().container())
                .isEqualTo(new Container(
                        Optional.of("agent:1"),
                        List.of(new Container.Sidecar("tools:1", "/tools", false)),
                        Container.plain().shape()));
    }

    @Test
    void letsTheTaskStandInForAnExecutionWithoutAName() {
        TaskSubmission submission = translate(Assignment.of("t").execution(""), DEFAULTS);

        assertThat(submission.executionId()).isEqualTo("t");
        assertThat(submission.namedExecution()).isFalse();
    }

    @Test
    void namesTheHarnessToTheBackend() {
        assertThat(translate(Assignment.of("t").harness("claude"), DEFAULTS)
                        .spec()
                        .program())
                .isInstanceOfSatisfying(
                        Program.Agent.class,
                        agent -> assertThat(agent.harness()).contains("claude"));
    }

    @Test
    void givesEveryTaskTheCommonEnvironment() {
        assertThat(reveal(translate(Assignment.of("t"), DEFAULTS)))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "TASK_ID", "t",
                        "GIT_TERMINAL_PROMPT", "0",
                        "GH_PROMPT_DISABLED", "1",
                        "WARP_SERVER_ROOT_URL", "https://root"));
    }

    @Test
    void givesNoRootUrlWhereNoneIsSet() {
        assertThat(reveal(translate(Assignment.of("t"), new AgentDefaults("", Optional.empty(), Optional.empty()))))
                .doesNotContainKey("WARP_SERVER_ROOT_URL");
    }

    @Test
    void letsTheAssignmentsVariablesWin() {
        assertThat(reveal(translate(
                        Assignment.of("t").env("GIT_TERMINAL_PROMPT", "1").env("MINE", "2"), DEFAULTS)))
                .containsEntry("GIT_TERMINAL_PROMPT", "1")
                .containsEntry("MINE", "2")
                .containsEntry("TASK_ID", "t");
        assertThat(reveal(translate(Assignment.of("t").env("TASK_ID", "mine").env("TRACEPARENT", "mine"), DEFAULTS)))
                .containsEntry("TASK_ID", "mine")
                .containsEntry("TRACEPARENT", "mine");
    }

    @Test
    void namesTheTaskToTheAgentByItsOwnId() {
        assertThat(reveal(translate(Assignment.of("t").with("task_id", "wire"), DEFAULTS)))
                .containsEntry("TASK_ID", "t");
    }

    @Test
    void passesOnAnyNumberAndLengthOfVariables() {
        Assignment assignment = Assignment.of("t").env("LONG", "x".repeat(1 << 20));
        for (int i = 0; i < 200_000; i++) {
            assignment.env("VAR_" + i, "value");
        }

        assertThat(reveal(translate(assignment, DEFAULTS))).hasSize(200_005).containsEntry("LONG", "x".repeat(1 << 20));
    }

    private static TaskSubmission translate(Assignment assignment, AgentDefaults defaults) {
        return Assignments.translate(Frames.read(Frames.assignment(assignment)), defaults, "00-trace", 7);
    }

    private static Map<String, String> reveal(TaskSubmission submission) {
        return submission.spec().env().entrySet().stream()
                .collect(java.util.stream.Collectors.toMap(Map.Entry::getKey, entry -> reveal(entry.getValue())));
    }

    private static String reveal(SecretValue value) {
        return value.reveal();
    }
}
