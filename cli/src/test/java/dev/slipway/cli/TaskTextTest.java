package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.Api;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.TaskState;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class TaskTextTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:42Z");

    @Test
    void alignsTheColumns() {
        var table = TaskText.table(
                List.of(Tasks.queued("x-1", "claude", "a slot: 2 of 2 are taken"), Tasks.in(TaskState.RUNNING)), NOW);

        assertThat(table).isEqualTo("""
                ID   STATE    AGE  EXECUTOR  TITLE   WAITING FOR
                x-1  queued   42s  -         claude  a slot: 2 of 2 are taken
                x-1  running  42s  -         -""");
    }

    @Test
    void marksTheTaskThatHasGoneSilent() {
        var task = Tasks.stalled();

        assertThat(TaskText.table(List.of(task), NOW)).contains("running (stalled)");
        assertThat(TaskText.timeline(task, List.of())).contains("running, and no output has come for long");
    }

    @Test
    void saysWhenThereIsNothing() {
        assertThat(TaskText.table(List.of(), NOW)).isEqualTo("no tasks");
    }

    @Test
    void shortensLongTitles() {
        assertThat(TaskText.table(List.of(Tasks.queued("x", "t".repeat(100), "w")), NOW))
                .contains("t".repeat(39) + "…")
                .doesNotContain("t".repeat(40));
    }

    @Test
    void keepsWhatOthersWroteFromDrivingTheTerminal() {
        assertThat(TaskText.visible("a\u001b[2Jb\nc\u202ed")).isEqualTo("a [2Jb c d");
    }

    @Test
    void tellsTheStoryOfATask() {
        var task = Tasks.failed(FailureReason.AGENT_INVOCATION, OptionalInt.of(7), "it exited with code 7");
        var events = List.of(
                event(1, Optional.empty(), TaskState.QUEUED, "2026-01-01T00:00:00Z"),
                event(2, Optional.of(TaskState.QUEUED), TaskState.LAUNCHING, "2026-01-01T00:00:01.250Z"));

        assertThat(TaskText.timeline(task, events))
                .contains("state      failed", "exit code  7", "reason     agent_invocation", "it exited with code 7")
                .contains("+0.000s  queued", "+1.250s  launching");
    }

    private static Api.Event event(long seq, Optional<TaskState> from, TaskState to, String at) {
        return new Api.Event(seq, "x-1", from, to, "submitted", "api", 1, at);
    }
}
