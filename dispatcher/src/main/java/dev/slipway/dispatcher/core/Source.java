package dev.slipway.dispatcher.core;

/** Who asked for an execution. */
public enum Source {
    /** Claimed before it is launched; its result waits in the outbox until the control plane has it. */
    CONTROL_PLANE,
    /** From the public API or the command line. */
    API
}
