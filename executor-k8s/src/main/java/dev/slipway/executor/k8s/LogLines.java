package dev.slipway.executor.k8s;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Takes a log with times apart, and leaves out what comes before a place in it. A line that does not begin with a time is the
 * node's own complaint and no output. Not for several threads.
 */
final class LogLines {
    static final String GAP = "[slipway: the node has thrown older output away]\n";

    /** A time has fewer bytes. */
    private static final int LONGEST_TIME = 64;

    private final String container;
    private final LogCursor from;
    private final BiConsumer<byte[], LogCursor> sink;
    private final ByteArrayOutputStream head = new ByteArrayOutputStream();
    private boolean inHead = true;
    private boolean isOutput = true;
    private boolean reached;
    private Instant time = Instant.MIN;
    private int line;
    private long offset;

    /**
     * @param from the place to begin at; of another container: the beginning
     * @param sink takes the output, and the place after it
     */
    LogLines(String container, LogCursor from, BiConsumer<byte[], LogCursor> sink) {
        this.container = container;
        this.from = from.container().equals(container) ? from : LogCursor.START;
        this.sink = sink;
        this.reached = this.from.isStart();
    }

    void take(byte[] bytes, int length) {
        int at = 0;
        while (at < length) {
            at = inHead ? readHead(bytes, at, length) : readLine(bytes, at, length);
        }
    }

    private int readHead(byte[] bytes, int start, int length) {
        for (int at = start; at < length; at++) {
            byte b = bytes[at];
            if (b == ' ' || b == '\n' || head.size() >= LONGEST_TIME) {
                begin(b == ' ' ? time(head.toString(StandardCharsets.UTF_8)) : Optional.empty());
                return b == ' ' ? at + 1 : at;
            }
            head.write(b);
        }
        return length;
    }

    private void begin(Optional<Instant> at) {
        head.reset();
        inHead = false;
        isOutput = at.isPresent();
        if (isOutput) {
            line = at.get().equals(time) ? line + 1 : 1;
            time = at.get();
            offset = 0;
        }
    }

    private int readLine(byte[] bytes, int start, int length) {
        int at = start;
        while (at < length && bytes[at] != '\n') {
            at++;
        }
        boolean isWhole = at < length;
        int end = isWhole ? at + 1 : at;
        if (isOutput) {
            give(Arrays.copyOfRange(bytes, start, end), isWhole);
        }
        inHead = isWhole;
        return end;
    }

    private void give(byte[] piece, boolean isWhole) {
        long before = offset;
        offset += piece.length;
        LogCursor after = new LogCursor(container, time, line, isWhole ? -1 : offset);
        if (reached) {
            sink.accept(piece, after);
            return;
        }
        int order = time.equals(from.time()) ? Integer.compare(line, from.line()) : time.compareTo(from.time());
        if (order < 0) {
            return;
        }
        if (order > 0) {
            reached = true;
            byte[] gap = GAP.getBytes(StandardCharsets.UTF_8);
            byte[] both = Arrays.copyOf(gap, gap.length + piece.length);
            System.arraycopy(piece, 0, both, gap.length, piece.length);
            sink.accept(both, after);
            return;
        }
        // The line that was read before, wholly or in part.
        if (from.offset() >= 0 && offset > from.offset()) {
            reached = true;
            sink.accept(Arrays.copyOfRange(piece, (int) Math.max(0, from.offset() - before), piece.length), after);
        } else if (isWhole) {
            reached = true;
        }
    }

    private static Optional<Instant> time(String text) {
        try {
            return Optional.of(OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }
}
