package dev.slipway.simulation;

import dev.slipway.dispatcher.core.Life;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.Outcome;
import dev.slipway.protocol.StopCause;
import java.util.OptionalInt;

/** How an execution must end, by what its engine truly knows and by what was decided about it. */
final class Truth {
    /** Stands for every reason for which an agent did not start: whoever first sees that it did not gives one. */
    private static final Outcome NOT_STARTED = new Outcome.Failed(FailureReason.UNKNOWN, "", OptionalInt.empty());

    private Truth() {}

    static Outcome of(Ending ending, Life.Active life) {
        // If it is not being stopped, a ledger that is lost had it stopped: nobody knows of that any more.
        if (ending instanceof Ending.Exited exited
                && exited.code() == 0
                && !(exited.stopped() && life instanceof Life.Stopping)) {
            return new Outcome.Succeeded();
        }
        boolean isItsOwn = ending instanceof Ending.Exited exited && !exited.stopped();
        if (life instanceof Life.Stopping stopping && (stopping.cause() == StopCause.USER || !isItsOwn)) {
            return stopping.cause() == StopCause.USER
                    ? new Outcome.Cancelled()
                    : new Outcome.Failed(
                            stopping.cause() == StopCause.TIMEOUT
                                    ? FailureReason.TASK_TIMEOUT
                                    : FailureReason.GRACEFUL_SHUTDOWN,
                            "",
                            ending instanceof Ending.Exited exited
                                    ? OptionalInt.of(exited.code())
                                    : OptionalInt.empty());
        }
        return switch (ending) {
            case Ending.Exited exited -> new Outcome.Failed(exited.reason(), "", OptionalInt.of(exited.code()));
            case Ending.NotStarted _ -> NOT_STARTED;
            case Ending.Lost lost -> new Outcome.Failed(lost.reason(), "", OptionalInt.empty());
        };
    }

    /** Whether the outcome says what is true, in whatever words. */
    static boolean isTold(Outcome truth, Outcome outcome) {
        return truth.equals(NOT_STARTED)
                ? outcome instanceof Outcome.Failed failed && failed.exitCode().isEmpty()
                : summary(truth).equals(summary(outcome));
    }

    /** Whether the row says the same as the outcome. */
    static boolean isShown(Outcome outcome, Life.Ended row) {
        String shown = row.state()
                + row.reason().map(reason -> " " + reason).orElse("")
                + (row.exitCode().isPresent() ? " " + row.exitCode().getAsInt() : "");
        return shown.equals(summary(outcome));
    }

    private static String summary(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Succeeded() -> "SUCCEEDED 0";
            case Outcome.Failed failed ->
                "FAILED " + failed.reason()
                        + (failed.exitCode().isPresent()
                                ? " " + failed.exitCode().getAsInt()
                                : "");
            case Outcome.Cancelled() -> "CANCELLED";
        };
    }
}
