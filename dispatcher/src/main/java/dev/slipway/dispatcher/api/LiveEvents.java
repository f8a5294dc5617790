package dev.slipway.dispatcher.api;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Server-sent events to one viewer. A viewer that reads slowly slows down nobody but itself; one that reads nothing is cut off
 * by the idle timeout of the HTTP port.
 */
final class LiveEvents {
    /** How often a viewer hears something, so that one who has left is noticed. */
    static final Duration HEARTBEAT = Duration.ofSeconds(15);

    private final OutputStream out;
    private final ObjectMapper json;

    LiveEvents(OutputStream out, ObjectMapper json) {
        this.out = out;
        this.json = json;
    }

    /** @throws IOException if the viewer has left */
    void send(String name, long id, Object data) throws IOException {
        write("event: " + name + "\nid: " + id + "\ndata: " + json.writeValueAsString(data) + "\n\n");
    }

    /** @throws IOException if the viewer has left */
    void heartbeat() throws IOException {
        write(": still here\n\n");
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }
}
