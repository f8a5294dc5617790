package dev.slipway.executor.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.github.dockerjava.transport.DockerHttpClient;
import dev.slipway.executor.core.Deadline;
import dev.slipway.executor.core.RunId;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Takes the right to start away, and finds out whether that came in time. A container that has not begun is removed, so that no
 * call that is still on its way can start it; that it did not begin and end in between, the engine's events tell. Only then is
 * that put on record, by a mark beside the claim, so that every later process tells the same. A process that is killed between
 * the two leaves a claim without a container: the next one asks the engine what it remembers.
 */
final class Revocation {
    private static final Duration TELLING = Duration.ofSeconds(30);
    private static final String CREATED = "create";
    private static final String STARTED = "start";
    private static final String REMOVED = "destroy";

    private final Engine engine;
    private final Claims claims;
    private final Owner owner;

    Revocation(Engine engine, Claims claims, Owner owner) {
        this.engine = engine;
        this.claims = claims;
        this.owner = owner;
    }

    /** What came of the wish to take the right to start away. */
    enum Outcome {
        /** The agent certainly never ran and never will. */
        NEVER_BEGAN,
        /** It has begun. */
        BEGAN,
        /** Nobody will ever know: it may run without the engine's knowing. */
        UNKNOWN
    }

    /**
     * @param isStartSent whether this process may have asked the engine to start it
     * @throws IOException nothing is known: to be tried again
     */
    Outcome takeAway(RunId run, Claims.Purpose purpose, boolean isStartSent) throws IOException {
        Claims.Claim claim = claims.make(run, purpose, Map.of());
        Optional<ContainerState> container = engine.container(Names.container(run));
        if (container.filter(ContainerState::hasBegun).isPresent()) {
            return Outcome.BEGAN;
        }
        if (claim.purpose() != Claims.Purpose.START) {
            if (container.isPresent()) {
                remove(container.get().id());
            }
            return Outcome.NEVER_BEGAN;
        }
        if (container.isEmpty()) {
            return neverBegan(run, claim, purpose).isPresent() ? Outcome.NEVER_BEGAN : Outcome.BEGAN;
        }
        if (container.get().isRefused()) {
            return Outcome.NEVER_BEGAN; // the one start there was
        }
        if (!container.get().error().isEmpty()) {
            return Outcome.UNKNOWN;
        }
        boolean mayBeSent = isStartSent || !owner.hasMade(claim.labels());
        Outcome outcome = removeUnbegun(container.get().id(), mayBeSent);
        if (outcome == Outcome.NEVER_BEGAN) {
            claims.markUnbegun(run, purpose);
        }
        return outcome;
    }

    /**
     * Of a run whose container is gone although somebody had the right to start it.
     *
     * @param purpose recorded if it is found out only now
     * @return why it never began, if that is certain
     */
    Optional<Claims.Purpose> neverBegan(RunId run, Claims.Claim claim, Claims.Purpose purpose) throws IOException {
        Optional<Claims.Purpose> known = claims.unbegun(run);
        if (known.isPresent() || !wasNeverStarted(past(claim.container()))) {
            return known;
        }
        claims.markUnbegun(run, purpose);
        return Optional.of(purpose);
    }

    /** What the engine remembers of a container, from its making to its removal: whether that says that it never began. */
    static boolean wasNeverStarted(List<String> events) {
        return events.contains(CREATED) && events.contains(REMOVED) && !events.contains(STARTED);
    }

    /**
     * An engine that is killed in the midst of a start may have started what it then shows as never started: it is believed only
     * if it remembers the making.
     *
     * @param mayBeSent whether somebody may have asked the engine to start it
     */
    private Outcome removeUnbegun(String container, boolean mayBeSent) throws IOException {
        // Heard from before the engine is asked for its memory until the removal: it is the same engine all the time.
        try (DockerHttpClient.Response events = engine.eventsOf(container, false)) {
            Optional<ContainerState> now = engine.container(container);
            if (now.filter(ContainerState::hasBegun).isPresent()) {
                return Outcome.BEGAN;
            }
            if (mayBeSent && !past(container).contains(CREATED)) {
                return Outcome.UNKNOWN;
            }
            if (now.isPresent()) {
                remove(container);
            }
            List<String> told = read(events);
            if (!told.contains(REMOVED)) {
                throw new IOException("the engine did not tell what happened to the container until it was removed");
            }
            return told.contains(STARTED) ? Outcome.BEGAN : Outcome.NEVER_BEGAN;
        }
    }

    /** It may be gone although that was not said: the transport repeats what was not answered. */
    private void remove(String container) throws IOException {
        if (!engine.removeUnlessBusy(container) && engine.container(container).isPresent()) {
            throw new IOException("the engine is about to remove or to start the container " + container);
        }
    }

    private List<String> past(String container) throws IOException {
        if (container.isEmpty()) {
            return List.of();
        }
        try (DockerHttpClient.Response events = engine.eventsOf(container, true)) {
            return read(events);
        }
    }

    /** Up to the container's removal. */
    private static List<String> read(DockerHttpClient.Response events) throws IOException {
        Thread watchdog = Thread.ofVirtual().start(() -> {
            try {
                Deadline.in(TELLING).pause(TELLING);
                events.close();
            } catch (InterruptedIOException e) {
                Thread.currentThread().interrupt(); // it has been told in time
            }
        });
        try {
            List<String> told = new ArrayList<>();
            MappingIterator<JsonNode> all = EngineConnection.values(events);
            while (!told.contains(REMOVED) && all.hasNextValue()) {
                told.add(all.nextValue().path("Action").asText());
            }
            return told;
        } finally {
            watchdog.interrupt();
        }
    }
}
