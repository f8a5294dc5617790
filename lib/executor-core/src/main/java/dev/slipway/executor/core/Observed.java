package dev.slipway.executor.core;

import dev.slipway.protocol.Ending;

/** The facts of an engine about one run. */
public sealed interface Observed {
    /** @param step what is being prepared, as for {@link Progress} */
    record Preparing(String step) implements Observed {}

    /** @param startedAtMillis when the agent started, milliseconds since the epoch */
    record Running(long startedAtMillis) implements Observed {}

    /**
     * Nothing of the run is left but its evidence, and it will not change any more.
     *
     * @param startedAtMillis when the agent started, milliseconds since the epoch; 0 if it never did or nobody knows
     * @param endedAtMillis when it ended, or when its end was noticed, milliseconds since the epoch
     */
    record Ended(Ending ending, long startedAtMillis, long endedAtMillis) implements Observed {}
}
