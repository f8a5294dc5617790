package dev.slipway.protocol;

import static java.util.Objects.requireNonNull;

/**
 * Output of a run, in order.
 *
 * @param attempt the run's attempt
 * @param offset where these bytes stand in the execution's output; taken only if it equals the stored length
 * @param bytes at most {@value #MAX_BYTES}; empty to ask for length and cursor
 * @param cursor the backend's own mark of how far this goes, stored with the bytes and given back on adoption
 */
public record LogAppend(int attempt, long offset, Bytes bytes, String cursor) {
    public LogAppend {
        requireNonNull(bytes, "bytes");
        requireNonNull(cursor, "cursor");
    }

    /** The most bytes in one call. */
    public static final int MAX_BYTES = 1 << 20;

    /** The longest cursor, in characters. */
    public static final int MAX_CURSOR = 1024;

    /**
     * @param length how much is stored of the execution's output, in bytes; the offset to send next
     * @param cursor the one stored last, empty when there is none yet
     * @param accepted whether the bytes were taken
     */
    public record Position(long length, String cursor, boolean accepted) {
        public Position {
            requireNonNull(cursor, "cursor");
        }
    }
}
