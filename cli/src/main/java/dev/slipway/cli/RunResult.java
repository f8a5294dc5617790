package dev.slipway.cli;

import dev.slipway.protocol.Api;
import dev.slipway.protocol.FailureReason;
import java.util.Optional;

/**
 * How {@code run} ends.
 *
 * @param message what to say about it, if the exit code is not the command's own
 */
record RunResult(int exitCode, Optional<String> message) {

    /** @param signal the one that made {@code run} cancel the task, if one did */
    static RunResult of(Api.Task ended, Optional<Interrupts.Signal> signal) {
        return switch (ended.state()) {
            case SUCCEEDED -> new RunResult(0, Optional.empty());
            case FAILED -> failed(ended);
            case CANCELLED ->
                signal.map(by -> new RunResult(by.exitCode(), Optional.of("cancelled")))
                        .orElseGet(() -> own("the task was cancelled"));
            case QUEUED, LAUNCHING, RUNNING, STOPPING ->
                own("the output ended before the task did: 'slipway show %s' tells how it goes on"
                        .formatted(ended.executionId()));
        };
    }

    private static RunResult failed(Api.Task ended) {
        boolean commandsOwn =
                ended.exitCode().isPresent() && !ended.reason().equals(Optional.of(FailureReason.TASK_TIMEOUT));
        return commandsOwn
                ? new RunResult(ended.exitCode().getAsInt(), Optional.empty())
                : own(ended.message()
                        .orElseGet(() -> "the task failed (%s)"
                                .formatted(ended.reason()
                                        .map(FailureReason::wireName)
                                        .orElse("no reason is known"))));
    }

    private static RunResult own(String message) {
        return new RunResult(RunCommand.OWN_FAILURE, Optional.of(message));
    }
}
