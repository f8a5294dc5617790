package dev.slipway.cli.api;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads a stream of server-sent events, one at a time. */
final class ServerSentEvents implements AutoCloseable {
    private static final int MAX_LINE = 64 << 20;

    private final InputStream in;

    ServerSentEvents(InputStream in) {
        this.in = new BufferedInputStream(in, 64 << 10);
    }

    /**
     * @param name {@link #COMMENT} for a comment, which only shows that the other side is alive
     * @param data its data lines, joined by line feeds
     */
    record Event(String name, String data) {
        static final String COMMENT = "";
    }

    /** The next event; empty at the end of the stream. One that the stream breaks off is none. */
    Optional<Event> next() throws IOException {
        var name = "message";
        StringBuilder data = null;
        for (var line = line(); line.isPresent(); line = line()) {
            var text = line.get();
            if (text.isEmpty()) {
                if (data != null) {
                    return Optional.of(new Event(name, data.toString()));
                }
                name = "message";
            } else if (text.startsWith(":") && data == null) {
                return Optional.of(new Event(Event.COMMENT, ""));
            } else if (text.startsWith("event:")) {
                name = value(text, "event:");
            } else if (text.startsWith("data:")) {
                data = data == null ? new StringBuilder() : data.append('\n');
                data.append(value(text, "data:"));
            }
        }
        return Optional.empty();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    private static String value(String line, String field) {
        var value = line.substring(field.length());
        return value.startsWith(" ") ? value.substring(1) : value;
    }

    private Optional<String> line() throws IOException {
        var line = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n') {
                return Optional.of(line.toString(StandardCharsets.UTF_8));
            }
            if (b != '\r') {
                line.write(b);
            }
            if (line.size() > MAX_LINE) {
                throw new IOException("an event is larger than 64 MiB");
            }
        }
        return Optional.empty();
    }
}
