package dev.slipway.executor.core;

import dev.slipway.protocol.TaskSpec;

/** What {@link RunTable} wants done. */
public sealed interface Command {
    /** The run that it concerns. */
    RunId run();

    /** Start the agent, or adopt what already carries the run's id; then watch it until it has ended. */
    record Start(RunId run, TaskSpec spec) implements Command {}

    /** Report what becomes of a run that an earlier process left, and deliver its output. */
    record Adopt(RunId run) implements Command {}

    /**
     * Take away the right to start or, if it is too late for that, end the run; then watch it until it has ended. Also asked
     * for runs of which nothing is known, and for runs of which the start is still under way. Asked once per run.
     *
     * @param graceMillis between the polite signal and the firm one
     */
    record Stop(RunId run, long graceMillis) implements Command {}

    /** Delete the evidence of a run that has ended, and its output. Asked once per run. */
    record Forget(RunId run) implements Command {}
}
