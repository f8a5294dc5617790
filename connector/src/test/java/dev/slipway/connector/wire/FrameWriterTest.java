package dev.slipway.connector.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.connector.outbox.Notice;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.Outcome;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FrameWriterTest {
    @Test
    void writesAClaim() {
        assertThat(FrameWriter.write(new Notice.Claimed("t"), "w"))
                .isEqualTo("{\"type\":\"task_claimed\",\"data\":{\"task_id\":\"t\",\"worker_id\":\"w\"}}");
    }

    @Test
    void writesARejection() {
        assertThat(FrameWriter.write(new Notice.Rejected("t", "worker at maximum concurrency"), "w"))
                .isEqualTo("{\"type\":\"task_rejected\",\"data\":{\"task_id\":\"t\","
                        + "\"reason\":\"worker at maximum concurrency\"}}");
    }

    @Test
    void writesASuccess() {
        assertThat(ended(new Outcome.Succeeded()))
                .isEqualTo("{\"type\":\"task_completed\",\"data\":{\"task_id\":\"t\","
                        + "\"message\":\"Task completed successfully\"}}");
    }

    @Test
    void writesACancellation() {
        assertThat(ended(new Outcome.Cancelled()))
                .isEqualTo("{\"type\":\"task_completed\",\"data\":{\"task_id\":\"t\","
                        + "\"message\":\"Task cancelled by user request.\",\"task_state\":\"CANCELLED\"}}");
    }

    @Test
    void writesAFailure() {
        assertThat(ended(failed(FailureReason.AGENT_INVOCATION, "exit code 7", OptionalInt.of(7))))
                .isEqualTo("{\"type\":\"task_failed\",\"data\":{\"task_id\":\"t\","
                        + "\"message\":\"Failed to execute task: exit code 7\","
                        + "\"failure_reason\":\"agent_invocation\",\"exit_code\":7}}");
    }

    @Test
    void leavesOutAnExitCodeThatIsUnknownOrZero() {
        assertThat(ended(failed(FailureReason.UNKNOWN, "m", OptionalInt.empty())))
                .doesNotContain("exit_code");
        assertThat(ended(failed(FailureReason.UNKNOWN, "m", OptionalInt.of(0)))).doesNotContain("exit_code");
    }

    @ParameterizedTest
    @EnumSource(FailureReason.class)
    void tellsEveryReasonByItsNameAndInItsSentence(FailureReason reason) {
        String sentence = switch (reason) {
            case TASK_TIMEOUT ->
                "The task exceeded its maximum allowed execution time and was terminated. Consider breaking the task"
                        + " into smaller steps or increasing the timeout.";
            case TASK_CANCELLED, GRACEFUL_SHUTDOWN ->
                "The task was interrupted due to an infrastructure issue (the cause). This is typically transient —"
                        + " please try again.";
            default -> "Failed to execute task: the cause";
        };

        assertThat(ended(failed(reason, "the cause", OptionalInt.empty())))
                .isEqualTo("{\"type\":\"task_failed\",\"data\":{\"task_id\":\"t\",\"message\":\"" + sentence
                        + "\",\"failure_reason\":\"" + reason.wireName() + "\"}}");
    }

    @Test
    void saysAtLeastTheReasonWhereNobodyGaveACause() {
        assertThat(ended(failed(FailureReason.IMAGE_PULL, " ", OptionalInt.empty())))
                .contains("\"message\":\"Failed to execute task: image_pull\"");
    }

    @Test
    void writesNothingThatCouldNotBeSent() {
        String frame = ended(failed(FailureReason.UNKNOWN, "cut \ud83d", OptionalInt.empty()));

        assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(frame)).isTrue();
        assertThat(frame).contains("cut ?");
    }

    private static String ended(Outcome outcome) {
        return FrameWriter.write(new Notice.Ended("t", outcome), "w");
    }

    private static Outcome failed(FailureReason reason, String message, OptionalInt exitCode) {
        return new Outcome.Failed(reason, message, exitCode);
    }
}
