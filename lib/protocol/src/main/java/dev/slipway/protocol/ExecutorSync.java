package dev.slipway.protocol;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * An executor's report of everything it has, and its request for work.
 *
 * <p>Within one incarnation a launch that is missing from {@link #runs} and {@link #finished} of the next accepted sync was
 * never received: an executor registers a launch before it syncs again, and discards the answer to a superseded sync.
 *
 * @param incarnation of the executor's process: larger for every later one (milliseconds since the epoch at its start)
 * @param seq counted up within the incarnation; one not above the last seen is refused with 409
 * @param slots how many runs it holds at most; 0 means no limit of its own
 * @param session the dispatcher's session as the last answer gave it, empty in the first sync. Nothing is read from a sync
 *     of another session than the dispatcher's own (it may be an old one, delivered late): it is answered at once with the
 *     session and the ledger to report for, and nothing else
 * @param leaving whether it shuts down and its runs are to end before it does: it gets no more work, and stops for what it has
 * @param runs all its runs of the session's ledger that have not ended
 * @param finished endings that were not acknowledged yet
 * @param obstacle why it can start nothing now, in words for an operator (one line of at most {@value
 *     Preparing#MAX_LENGTH} characters); empty: it can. While there is one it is given nothing to launch
 */
public record ExecutorSync(
        long incarnation,
        long seq,
        BackendKind backend,
        int slots,
        String session,
        boolean leaving,
        List<Run> runs,
        List<Finished> finished,
        String obstacle) {
    /** More runs and endings than this in one sync are refused with 413. */
    public static final int MAX_RUNS = 10_000;

    public ExecutorSync {
        requireNonNull(backend, "backend");
        requireNonNull(session, "session");
        if (slots < 0) {
            throw new IllegalArgumentException("slots are not negative");
        }
        runs = List.copyOf(runs);
        finished = List.copyOf(finished);
        obstacle = Preparing.cleaned(obstacle);
    }

    /**
     * One run that has not ended.
     *
     * @param started whether the agent runs; false while it is being prepared
     * @param stopping whether a stop or drop of it was received and is being carried out: it is not told again
     * @param startedAtMillis when the agent started, milliseconds since the epoch; 0 while it has not
     * @param silentMillis how long no output of it has come, as far as its executor's process has watched it
     * @param preparing what is being done to prepare it, as {@link Preparing} says; empty once it has started, and from
     *     executors that do not tell it
     */
    public record Run(
            ExecutionKey key,
            boolean started,
            boolean stopping,
            long startedAtMillis,
            long silentMillis,
            String preparing) {
        public Run {
            requireNonNull(key, "key");
            preparing = started ? "" : Preparing.cleaned(preparing);
        }

        /** Without a word about its preparation. */
        public Run(ExecutionKey key, boolean started, boolean stopping, long startedAtMillis, long silentMillis) {
            this(key, started, stopping, startedAtMillis, silentMillis, "");
        }
    }

    /**
     * One run that has ended and of which nothing is left but its evidence.
     *
     * @param startedAtMillis when the agent started, milliseconds since the epoch; 0 if it never did
     */
    public record Finished(ExecutionKey key, Ending ending, long startedAtMillis, long endedAtMillis) {
        public Finished {
            requireNonNull(key, "key");
            requireNonNull(ending, "ending");
        }
    }
}
