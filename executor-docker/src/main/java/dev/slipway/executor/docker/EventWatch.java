package dev.slipway.executor.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.github.dockerjava.transport.DockerHttpClient;
import dev.slipway.executor.core.Deadline;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Hears from the engine when a container of this executor ends or goes: one connection for all of them. */
final class EventWatch implements Closeable {
    private static final Logger LOG = Logger.getLogger(EventWatch.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Engine engine;
    private final String executor;
    private final Consumer<Map<String, String>> listener;
    private final Runnable missed;
    private final Thread thread = Thread.ofVirtual().name("events").unstarted(this::work);
    private volatile boolean open;
    private volatile boolean closed;
    private volatile DockerHttpClient.@Nullable Response current;

    /**
     * @param listener told the labels of the container
     * @param missed told when something may have happened that was not heard of
     */
    EventWatch(Engine engine, String executor, Consumer<Map<String, String>> listener, Runnable missed) {
        this.engine = engine;
        this.executor = executor;
        this.listener = listener;
        this.missed = missed;
    }

    void start() {
        thread.start();
    }

    /** Whether it hears of everything now. */
    boolean isOpen() {
        return open;
    }

    @Override
    public void close() {
        closed = true;
        DockerHttpClient.Response response = current;
        if (response != null) {
            response.close();
        }
        thread.interrupt();
    }

    private void work() {
        while (!closed) {
            try (DockerHttpClient.Response response = engine.events(Map.of(
                    "type",
                    List.of("container"),
                    "event",
                    List.of("die", "destroy"),
                    "label",
                    List.of(Names.EXECUTOR + "=" + executor)))) {
                current = response;
                open = true;
                missed.run();
                hear(response);
            } catch (IOException | RuntimeException e) {
                LOG.debugf("the engine's events cannot be heard now: %s", e);
            }
            open = false;
            current = null;
            pause();
        }
    }

    private void hear(DockerHttpClient.Response response) throws IOException {
        MappingIterator<JsonNode> events = EngineConnection.values(response);
        while (events.hasNextValue()) {
            listener.accept(
                    ContainerState.texts(events.nextValue().path("Actor").path("Attributes")));
        }
    }

    private void pause() {
        try {
            Deadline.in(PAUSE).pause(PAUSE);
        } catch (InterruptedIOException e) {
            closed = true;
        }
    }
}
