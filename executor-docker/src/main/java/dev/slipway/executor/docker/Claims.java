package dev.slipway.executor.docker;

import dev.slipway.executor.core.RunId;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Who has the right to start a run. It is a volume without content: the engine makes one of a name once, and shows its maker's
 * labels to everybody who comes later. A container is started only by the process that made both.
 */
final class Claims {
    /** What a claim was made for. */
    enum Purpose {
        /** The process that has made it may start the container. */
        START,
        /** Nobody may: the run was stopped before. */
        REVOKED,
        /** Nobody may: whoever wanted to is gone. */
        ABANDONED;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Engine engine;
    private final Owner owner;

    Claims(Engine engine, Owner owner) {
        this.engine = engine;
        this.owner = owner;
    }

    /** The claim there is. */
    Optional<Claim> find(RunId run) throws IOException {
        return engine.volume(Names.claim(run)).map(Claims::of);
    }

    /** Makes one unless there is one. */
    Claim make(RunId run, Purpose purpose, Map<String, String> more) throws IOException {
        Map<String, String> labels = labels(run, purpose);
        labels.putAll(more);
        return of(engine.createVolume(Names.claim(run), labels));
    }

    /** Puts on record that the run never began although somebody had the right to start it. */
    void markUnbegun(RunId run, Purpose purpose) throws IOException {
        engine.createVolume(Names.unbegun(run), labels(run, purpose));
    }

    /** Why the run never began, if that is on record. */
    Optional<Purpose> unbegun(RunId run) throws IOException {
        return engine.volume(Names.unbegun(run)).map(labels -> of(labels).purpose());
    }

    /** Puts on record that somebody wants the run to end. */
    void markStopping(RunId run) throws IOException {
        engine.createVolume(Names.stop(run), owner.labels(Names.MARK, run));
    }

    boolean isStopping(RunId run) throws IOException {
        return engine.volume(Names.stop(run)).isPresent();
    }

    /** Removes all there is of the run, the claim last: only by it is the rest found again. */
    void remove(RunId run) throws IOException {
        for (String mark : List.of(Names.stop(run), Names.unbegun(run), Names.claim(run))) {
            if (!engine.removeVolume(mark)) {
                throw new IOException("a container has the volume %s, which marks a run: remove it".formatted(mark));
            }
        }
    }

    private Map<String, String> labels(RunId run, Purpose purpose) {
        Map<String, String> labels = owner.labels(Names.MARK, run);
        labels.put(Names.CLAIM, purpose.word());
        return labels;
    }

    private static Claim of(Map<String, String> labels) {
        String word = labels.getOrDefault(Names.CLAIM, "");
        for (Purpose purpose : Purpose.values()) {
            if (purpose.word().equals(word)) {
                return new Claim(purpose, labels);
            }
        }
        // An engine that was ended half-way through has made it, and answered nobody: nobody got the right to start by
        // it.
        return new Claim(Purpose.ABANDONED, labels);
    }

    /** @param labels which also tell who made it */
    record Claim(Purpose purpose, Map<String, String> labels) {
        /** The id of the container that it gives the right to start; empty if it does not say. */
        String container() {
            return labels.getOrDefault(Names.CONTAINER, "");
        }
    }
}
