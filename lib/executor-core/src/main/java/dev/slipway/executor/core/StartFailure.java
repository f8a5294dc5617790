package dev.slipway.executor.core;

import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;

/** The agent certainly never ran in this run and never will. The message gives cause and remedy. */
public final class StartFailure extends Exception {
    private final Ending.NotStarted ending;

    /** @param detail what happened, in words */
    public StartFailure(Cause cause, String detail) {
        super(cause.message(detail));
        this.ending = cause.notStarted(detail);
    }

    public Ending.NotStarted ending() {
        return ending;
    }
}
