package dev.slipway.executor.docker;

import dev.slipway.protocol.Bytes;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/**
 * A piece of output as the engine keeps it: a line with its end, or a part of a long one.
 *
 * @param stream the engine's number of it
 * @param nanos its time, nanoseconds since the epoch; all parts of a line have that of the first
 */
record LogMessage(int stream, long nanos, Bytes content) {
    private static final int MAX_FRAME = 16 << 20;
    private static final long NANOS = 1_000_000_000L;

    /** @return empty at the end of the answer */
    static Optional<LogMessage> read(DataInputStream answer) throws IOException {
        int stream = answer.read();
        if (stream < 0) {
            return Optional.empty();
        }
        answer.skipNBytes(3);
        int length = answer.readInt();
        if (length < 0 || length > MAX_FRAME) {
            throw new IOException("the engine's log is not in the form that is known here");
        }
        byte[] frame = answer.readNBytes(length);
        if (frame.length < length) {
            throw new EOFException("the engine's log was cut off");
        }
        int end = 0;
        while (end < frame.length && frame[end] != ' ') {
            end++;
        }
        try {
            Instant time = Instant.parse(new String(frame, 0, end, StandardCharsets.US_ASCII));
            return Optional.of(new LogMessage(
                    stream,
                    time.getEpochSecond() * NANOS + time.getNano(),
                    Bytes.of(frame, Math.min(end + 1, frame.length), frame.length)));
        } catch (DateTimeParseException e) {
            throw new IOException("the engine's log has a piece without a time", e);
        }
    }

    boolean endsALine() {
        return content.length() > 0 && content.unwrap()[content.length() - 1] == '\n';
    }
}
