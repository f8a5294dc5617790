package dev.slipway.executor.k8s;

import dev.slipway.executor.core.Observed;
import dev.slipway.protocol.Ending;

/** What a {@link Sighting} means. */
sealed interface Verdict {
    /** It goes on. */
    record Open(Observed observed) implements Verdict {}

    /** It will come to no other end than this, and what is left of it has to be deleted before that is told. */
    record Doomed(Ending ending, long startedAtMillis) implements Verdict {}

    /** It has ended, and nothing of it runs any more. */
    record Over(Observed.Ended ended) implements Verdict {}
}
