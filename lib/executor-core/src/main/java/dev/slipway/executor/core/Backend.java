package dev.slipway.executor.core;

import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.TaskSpec;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Runs executions on one kind of engine. Idempotent by {@link RunId}; never retries; never blocks past its deadline. Every
 * method may be called by several threads at once, also for the same run.
 *
 * <p>An {@link IOException} means that the engine or its evidence cannot be reached now: nothing is known, the caller asks
 * again.
 */
public interface Backend {
    BackendKind kind();

    /**
     * Whether tasks may run here. Asked before anything else, and again until it passes: nothing is started before, but what
     * earlier processes left is looked after as soon as {@link #survivors} can tell it.
     *
     * @return what an operator should know although tasks may run, in words
     * @throws PreflightFailure says what to fix
     */
    List<String> preflight() throws PreflightFailure;

    /** What tasks run on, for an operator: an engine's version and address, say; empty where there is nothing to say. */
    default String description() {
        return "";
    }

    /** Why no task can run here for now although the preflight has passed, in words; asked often. */
    default Optional<String> trouble() {
        return Optional.empty();
    }

    /**
     * Prepares and starts the agent, or returns at once when evidence of this run exists. The agent starts at most once per
     * run, whatever dies when. Returns when the agent has started or its fate can be had from {@link #observe}.
     *
     * @throws StartFailure the agent certainly never ran in this run and never will
     * @throws IOException whether it runs is not known
     */
    void start(RunId run, TaskSpec spec, Progress progress) throws StartFailure, IOException;

    /**
     * Every run that carries this executor's id, of whatever ledger, whose evidence exists. Answered once, before the first
     * sync and before any {@link #start}: what is left of runs that never began may be settled by the call, and what earlier
     * processes left behind that leads to no evidence is removed. From then on each of them is observed.
     *
     * @throws IOException it cannot be told now, also because the preflight has not yet made what is needed for it; it is asked
     *     again
     */
    List<Survivor> survivors() throws IOException;

    /**
     * The facts about a run. Returns as soon as it has ended, else after at most {@code patience}.
     *
     * <p>{@link Observed.Ended} is answered only once nothing of the run is left that can be seen (what an agent leaves
     * behind is ended by this call, however long that takes), and does not change any more. A run without any evidence is
     * lost.
     */
    Observed observe(RunId run, Duration patience) throws IOException;

    /**
     * Takes away the right to start, also from a start under way or one that nobody asked for yet. After a {@link #start} of
     * this process that failed half-way nobody has stopped the run: it ended for a reason that may pass, and so it is told by
     * the next process, too.
     *
     * @return true only if the agent certainly never ran and never will: {@link #observe} then says so until {@link #forget}
     */
    boolean revoke(RunId run) throws IOException;

    /**
     * Ends the run: politely, then after {@code grace} firmly; also while it is being prepared. Does nothing to a run that
     * has ended.
     *
     * @return whether nothing of it is left; if not (say, a process hangs in the kernel), the caller asks again
     */
    boolean stop(RunId run, Duration grace) throws IOException;

    /**
     * The run's output; a run without evidence has none.
     *
     * @param cursor where to begin, from a {@link LogSource.Chunk} of an earlier source; empty for the beginning
     */
    LogSource logs(RunId run, String cursor) throws IOException;

    /** Deletes evidence and output of a run that has ended. Only after the acknowledgement; idempotent. */
    void forget(RunId run) throws IOException;
}
