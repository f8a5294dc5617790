package dev.slipway.dispatcher.logs;

/**
 * How much of one execution's output is kept: its beginning, and a tail that rolls with it.
 *
 * @param head bytes kept from the beginning
 * @param tail bytes kept before the end, at most; dropping goes by whole pieces, so up to one piece less may be there
 * @param piece the largest row, in bytes
 */
record Cap(long head, long tail, int piece) {
    static final Cap DEFAULT = new Cap(4L << 20, 12L << 20, 64 << 10);

    /** How many of {@code available} bytes at {@code offset} go into one piece: none crosses the end of the head. */
    int pieceLength(long offset, int available) {
        int length = Math.min(piece, available);
        return offset < head ? (int) Math.min(length, head - offset) : length;
    }

    /** Pieces that begin from {@link #head} on and before this offset are dropped once {@code length} bytes are stored. */
    long dropBefore(long length) {
        return length - tail;
    }

    /** Whether {@code more} bytes may be put into the row of the {@code size} bytes that begin at {@code start}. */
    boolean mayGrow(long start, int size, int more) {
        boolean small = size + more <= piece / 4;
        return small && (start >= head || start + size + more <= head);
    }
}
