package dev.slipway.executor.k8s;

import java.time.Instant;
import java.time.format.DateTimeParseException;

/**
 * A place in a run's output. A container's log has no offsets, but a time for every line.
 *
 * @param container whose output it is; empty: the beginning
 * @param time of the line
 * @param line which one of that time, from 1
 * @param offset how many bytes of the line come before; -1: all of it
 */
record LogCursor(String container, Instant time, int line, long offset) {
    static final LogCursor START = new LogCursor("", Instant.MIN, 0, -1);

    /** @return the beginning if the text is no cursor */
    static LogCursor parse(String text) {
        String[] parts = text.split(" ", -1);
        if (parts.length != 4) {
            return START;
        }
        try {
            return new LogCursor(
                    parts[0], Instant.parse(parts[1]), Integer.parseInt(parts[2]), Long.parseLong(parts[3]));
        } catch (DateTimeParseException | NumberFormatException e) {
            return START;
        }
    }

    boolean isStart() {
        return container.isEmpty();
    }

    @Override
    public String toString() {
        return isStart() ? "" : "%s %s %d %d".formatted(container, time, line, offset);
    }
}
