package dev.slipway.cli.services;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Copies what is appended to logs, line by line. */
public final class LogEcho {
    private static final int MAX_LINE = 64 << 10;

    private final Map<Path, Long> positions = new HashMap<>();

    /** Begins at the logs' present ends. */
    LogEcho(List<Path> logs) {
        logs.forEach(log -> positions.put(log, sizeOf(log)));
    }

    /** Copies the lines that have come since. A log that cannot be read has none. */
    public void copyTo(OutputStream out) throws IOException {
        for (var log : List.copyOf(positions.keySet())) {
            byte[] lines = next(log);
            while (lines.length > 0) {
                out.write(lines);
                lines = next(log);
            }
        }
        out.flush();
    }

    /** Whole lines, or a part of one that is too long to wait for. */
    private byte[] next(Path log) {
        long known = positions.getOrDefault(log, 0L);
        long position = known <= sizeOf(log) ? known : 0; // shorter: it was made anew
        var buffer = ByteBuffer.allocate(MAX_LINE);
        try (var file = FileChannel.open(log)) {
            file.read(buffer, position);
        } catch (IOException e) {
            return new byte[0];
        }
        int length = buffer.position();
        while (length > 0 && buffer.position() < MAX_LINE && buffer.get(length - 1) != '\n') {
            length--;
        }
        var lines = new byte[length];
        buffer.get(0, lines);
        positions.put(log, position + length);
        return lines;
    }

    private static long sizeOf(Path log) {
        try {
            return Files.size(log);
        } catch (IOException e) {
            return 0;
        }
    }
}
