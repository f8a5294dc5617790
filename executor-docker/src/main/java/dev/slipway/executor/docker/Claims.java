package dev.slipway.executor.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.github.dockerjava.transport.DockerHttpClient;
import dev.slipway.executor.core.Deadline;
import dev.slipway.executor.core.RunId;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
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

    private static final Duration REMOVAL = Duration.ofSeconds(30);

    private final Engine engine;
    private final String executor;
    private final String incarnation;

    Claims(Engine engine, String executor, String incarnation) {
        this.engine = engine;
        this.executor = executor;
        this.incarnation = incarnation;
    }

    /** The claim there is. */
    Optional<Claim> find(RunId run) throws IOException {
        return engine.volume(Names.claim(run)).map(Claims::of);
    }

    /** Makes one unless there is one. */
    Claim make(RunId run, Purpose purpose, Map<String, String> more) throws IOException {
        Map<String, String> labels = Names.labels(Names.MARK, executor, incarnation, run);
        labels.putAll(more);
        labels.put(Names.CLAIM, purpose.word());
        return of(engine.createVolume(Names.claim(run), labels));
    }

    void remove(RunId run) throws IOException {
        try {
            engine.removeVolume(Names.claim(run));
        } catch (EngineRefusal e) {
            throw Engine.refused(e);
        }
    }

    /** What came of the wish to remove a container that has not begun. */
    enum Removal {
        /** It is gone, and never ran. */
        NEVER_BEGUN,
        /** It has begun. */
        BEGUN,
        /** It stays, for it may run without the engine's knowing. */
        UNKNOWN
    }

    /**
     * Takes a container away that has not begun, so that no call that is still on its way can start it. The engine does not
     * remove what runs; that it did not run in between and end at once, its events tell. An engine that is killed in the midst
     * of a start may have started what it then shows as never started: it is believed only if it remembers the making.
     *
     * @param mayBeSent whether somebody may have asked the engine to start it
     * @throws IOException nothing is known
     */
    Removal removeUnbegun(ContainerState container, boolean mayBeSent) throws IOException {
        // Heard from before the engine is asked for its memory until the removal: it is the same engine all the time.
        try (DockerHttpClient.Response events = engine.events(Map.of(
                "container", List.of(container.id()),
                "event", List.of("start", "destroy")))) {
            Optional<ContainerState> now = engine.container(container.id());
            if (now.isEmpty()) {
                throw new IOException("somebody has just removed the container " + container.id());
            }
            if (now.get().hasBegun()) {
                return Removal.BEGUN;
            }
            if (mayBeSent && !remembersMaking(container)) {
                return Removal.UNKNOWN;
            }
            remove(container.id());
            return hasStarted(events) ? Removal.BEGUN : Removal.NEVER_BEGUN;
        } catch (EngineRefusal e) {
            if (e.isConflict()) {
                boolean begun = engine.container(container.id())
                        .map(ContainerState::hasBegun)
                        .orElse(false);
                return begun || !isGone(container) ? Removal.BEGUN : Removal.NEVER_BEGUN;
            }
            throw Engine.refused(e);
        }
    }

    private boolean remembersMaking(ContainerState container) throws IOException {
        return engine.remembers(Map.of("container", List.of(container.id()), "event", List.of("create")));
    }

    /** It may be gone although it was not said: the transport repeats what was not answered. */
    private void remove(String container) throws IOException, EngineRefusal {
        try {
            engine.remove(container);
        } catch (EngineRefusal e) {
            if (!e.isMissing()) {
                throw e;
            }
        }
    }

    private boolean isGone(ContainerState container) throws IOException {
        if (engine.container(container.id()).isPresent()) {
            throw new IOException(
                    "the engine is about to remove or to start the container %s".formatted(container.id()));
        }
        return true;
    }

    /** Up to the container's removal, which was answered already. */
    private static boolean hasStarted(DockerHttpClient.Response events) throws IOException {
        Thread watchdog = Thread.ofVirtual().start(() -> {
            try {
                Deadline.in(REMOVAL).pause(REMOVAL);
                events.close();
            } catch (InterruptedIOException e) {
                Thread.currentThread().interrupt(); // it has been told in time
            }
        });
        try {
            MappingIterator<JsonNode> all = EngineConnection.values(events);
            while (all.hasNextValue()) {
                String action = all.nextValue().path("Action").asText();
                if (action.equals("destroy")) {
                    return false;
                }
                if (action.equals("start")) {
                    return true;
                }
            }
        } finally {
            watchdog.interrupt();
        }
        throw new IOException("the engine did not tell what happened to the container until it was removed");
    }

    private static Claim of(Map<String, String> labels) {
        String word = labels.getOrDefault(Names.CLAIM, "");
        for (Purpose purpose : Purpose.values()) {
            if (purpose.word().equals(word)) {
                return new Claim(purpose, labels.getOrDefault(Names.INCARNATION, ""), labels);
            }
        }
        return new Claim(Purpose.START, "", labels); // somebody else's volume: nothing is known of it
    }

    /** @param incarnation of the executor's process that has made it */
    record Claim(Purpose purpose, String incarnation, Map<String, String> labels) {}
}
