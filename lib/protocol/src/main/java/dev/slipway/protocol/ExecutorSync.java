package dev.slipway.protocol;

import java.util.List;

/**
 * An executor's report of everything it has, and its request for work.
 *
 * <p>Within one incarnation a launch that is missing from {@link #runs} and {@link #finished} of the next accepted sync was
 * never received: an executor registers a launch before it syncs again, and discards the answer to a superseded sync.
 *
 * @param incarnation of the executor's process: larger for every later one (milliseconds since the epoch at its start)
 * @param seq counted up within the incarnation; a lower one than already seen is refused with 409
 * @param slots how many runs it holds at most; 0 means no limit of its own
 * @param ledger the UUID of the ledger it last synced with, empty in its first sync
 * @param runs all its runs of that ledger that have not ended
 * @param finished endings that were not acknowledged yet
 */
public record ExecutorSync(
        long incarnation,
        long seq,
        BackendKind backend,
        int slots,
        String ledger,
        List<Run> runs,
        List<Finished> finished) {
    /** More runs than this in one sync are refused. */
    public static final int MAX_RUNS = 10_000;

    public ExecutorSync {
        runs = List.copyOf(runs);
        finished = List.copyOf(finished);
    }

    /**
     * One run that has not ended.
     *
     * @param started whether the agent runs; false while it is being prepared
     * @param startedAtMillis when the agent started, milliseconds since the epoch; 0 while it has not
     */
    public record Run(ExecutionKey key, boolean started, long startedAtMillis) {}

    /** One run that has ended and of which nothing is left but its evidence. */
    public record Finished(ExecutionKey key, Ending ending, long startedAtMillis, long endedAtMillis) {}
}
