package dev.slipway.dispatcher.core;

import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.Outcome;
import dev.slipway.protocol.StopCause;
import java.util.OptionalInt;

/** What an attempt's ending means for its execution. */
final class Verdict {
    private Verdict() {}

    /**
     * A success that was already true wins against every stop, and any end that was against a timeout; else the end of a stopped
     * execution is what the stop meant.
     */
    static Outcome of(Life.Active life, Ending ending) {
        if (ending instanceof Ending.Exited exited && exited.code() == 0 && !exited.stopped()) {
            return new Outcome.Succeeded();
        }
        if (life instanceof Life.Stopping stopping && (stopping.cause() == StopCause.USER || !isItsOwn(ending))) {
            return switch (stopping.cause()) {
                case USER -> new Outcome.Cancelled();
                case TIMEOUT -> Cause.TIMED_OUT.failed("stopped because its timeout was over", exitCode(ending));
                case SHUTDOWN -> Cause.SHUT_DOWN.failed("stopped because Slipway was shut down", exitCode(ending));
            };
        }
        return switch (ending) {
            case Ending.Exited exited when exited.code() == 0 -> new Outcome.Succeeded();
            case Ending.Exited exited -> new Outcome.Failed(exited.reason(), exited.message(), exitCode(ending));
            case Ending.NotStarted never -> new Outcome.Failed(never.reason(), never.message(), OptionalInt.empty());
            case Ending.Lost lost -> new Outcome.Failed(lost.reason(), lost.message(), OptionalInt.empty());
        };
    }

    /** The agent had ended before the stop reached it: what followed its end only took longer. */
    private static boolean isItsOwn(Ending ending) {
        return ending instanceof Ending.Exited exited && !exited.stopped();
    }

    private static OptionalInt exitCode(Ending ending) {
        return ending instanceof Ending.Exited exited ? OptionalInt.of(exited.code()) : OptionalInt.empty();
    }
}
