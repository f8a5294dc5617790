package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.TaskState;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class RunResultTest {
    private static final Optional<Interrupts.Signal> NONE = Optional.empty();

    @Test
    void exitsAsTheCommandDid() {
        assertThat(RunResult.of(Tasks.in(TaskState.SUCCEEDED), NONE)).isEqualTo(new RunResult(0, Optional.empty()));
        assertThat(RunResult.of(Tasks.failed(FailureReason.AGENT_INVOCATION, OptionalInt.of(3), "m"), NONE))
                .isEqualTo(new RunResult(3, Optional.empty()));
    }

    @Test
    void exitsWithItsOwnCodeAndTheReasonWhenTheCommandDidNotEndByItself() {
        assertThat(RunResult.of(Tasks.failed(FailureReason.AGENT_INVOCATION, OptionalInt.empty(), "not found"), NONE))
                .isEqualTo(new RunResult(125, Optional.of("not found")));
        assertThat(RunResult.of(Tasks.failed(FailureReason.TASK_TIMEOUT, OptionalInt.of(143), "too slow"), NONE))
                .isEqualTo(new RunResult(125, Optional.of("too slow")));
        assertThat(RunResult.of(Tasks.in(TaskState.CANCELLED), NONE).exitCode()).isEqualTo(125);
    }

    @Test
    void exitsLikeAProcessThatTheSignalEnded() {
        assertThat(RunResult.of(Tasks.in(TaskState.CANCELLED), Optional.of(Interrupts.Signal.INT))
                        .exitCode())
                .isEqualTo(130);
        assertThat(RunResult.of(Tasks.in(TaskState.CANCELLED), Optional.of(Interrupts.Signal.TERM))
                        .exitCode())
                .isEqualTo(143);
    }

    @Test
    void aSuccessThatCameBeforeTheCancelIsASuccess() {
        assertThat(RunResult.of(Tasks.in(TaskState.SUCCEEDED), Optional.of(Interrupts.Signal.INT))
                        .exitCode())
                .isZero();
    }
}
