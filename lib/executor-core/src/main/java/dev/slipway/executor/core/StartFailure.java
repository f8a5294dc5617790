package dev.slipway.executor.core;

import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.FailureReason;

/** The agent certainly never ran in this run and never will. The message gives cause and remedy. */
public final class StartFailure extends Exception {
    private final Cause kind;
    private final String detail;
    private final Ending.NotStarted ending;

    /** @param detail what happened, in words */
    public StartFailure(Cause kind, String detail) {
        this(kind, detail, kind.notStarted(detail));
    }

    private StartFailure(Cause kind, String detail, Ending.NotStarted ending) {
        super(ending.message());
        this.kind = kind;
        this.detail = detail;
        this.ending = ending;
    }

    /** The same with another word on the wire: it befell a part of the run that has one of its own. */
    public StartFailure as(FailureReason reason) {
        return new StartFailure(kind, detail, new Ending.NotStarted(reason, ending.message(), ending.isTransient()));
    }

    public Cause kind() {
        return kind;
    }

    /** What happened, in words, without the remedy. */
    public String detail() {
        return detail;
    }

    public Ending.NotStarted ending() {
        return ending;
    }
}
