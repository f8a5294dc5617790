package dev.slipway.cli.services;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.cli.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The end of a service's log, for people. */
final class LogTail {
    private static final int LINES = 20;
    private static final int BYTES = 64 << 10;

    private LogTail() {}

    /** The last lines that were written after {@code from}; JSON ones shortened to level and message. */
    static String of(Path log, long from) {
        try (var file = FileChannel.open(log)) {
            long start = Math.max(from, file.size() - BYTES);
            var bytes = ByteBuffer.allocate((int) Math.max(0, file.size() - start));
            while (bytes.hasRemaining() && file.read(bytes, start + bytes.position()) >= 0) {
                // until the end
            }
            var lines = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank())
                    .map(line -> "  " + readable(line))
                    .toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LINES), lines.size()));
        } catch (IOException e) {
            return "  (the log cannot be read: %s)".formatted(e.getMessage());
        }
    }

    private static String readable(String line) {
        if (!line.startsWith("{")) {
            return line;
        }
        try {
            var json = Json.MAPPER.readTree(line);
            var message = text(json, "message");
            var cause = text(json.path("exception"), "message");
            return message.isEmpty()
                    ? line
                    : text(json, "level") + " " + message + (cause.isEmpty() ? "" : ": " + cause);
        } catch (JacksonException e) {
            return line;
        }
    }

    private static String text(JsonNode json, String field) {
        return json.path(field).asText("");
    }
}
