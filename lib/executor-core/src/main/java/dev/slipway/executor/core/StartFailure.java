package dev.slipway.executor.core;

import dev.slipway.protocol.Ending;
import dev.slipway.protocol.FailureReason;

/** The agent certainly never ran in this run and never will. The message gives cause and remedy. */
public final class StartFailure extends Exception {
    private final Ending.NotStarted ending;

    public StartFailure(FailureReason reason, String message) {
        super(message);
        this.ending = new Ending.NotStarted(reason, message);
    }

    public Ending.NotStarted ending() {
        return ending;
    }
}
