package dev.slipway.executor.core;

import dev.slipway.protocol.FailureReason;

/** The agent certainly never ran in this run and never will. The message gives cause and remedy. */
public final class StartFailure extends Exception {
    private final FailureReason reason;

    public StartFailure(FailureReason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public FailureReason reason() {
        return reason;
    }
}
