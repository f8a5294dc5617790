package dev.slipway.executor.docker;

import java.util.regex.Pattern;

/**
 * Where the reader of a run's output is: so many messages after an anchor, and so many bytes into the next one. The anchor is
 * the time of a message that was newer than all before it, so that it can be found again; from it on, messages are counted in
 * the order in which the engine keeps them. Times alone say nothing: several messages have the same, and those of two streams
 * are not quite in order. The anchor is never in the midst of a line, whose parts all have the time of the first.
 */
final class LogPosition {
    /** What the engine keeps after a message may be older than that by no more than this, unless its clock is set back. */
    private static final long DISORDER_NANOS = 60_000_000_000L;

    private static final long SECOND_NANOS = 1_000_000_000L;
    private static final Pattern TEXT = Pattern.compile("\\d{1,19}:\\d{1,19}:\\d{1,19}:\\d{1,19}");
    private static final long NONE = 0;

    private long anchor;
    private long passed;
    private long into;
    private long newest;

    private LogPosition(long anchor, long passed, long into, long newest) {
        this.anchor = anchor;
        this.passed = passed;
        this.into = into;
        this.newest = newest;
    }

    /** @param cursor from {@link #toString}, or empty for the beginning */
    static LogPosition of(String cursor) {
        if (!TEXT.matcher(cursor).matches()) {
            return new LogPosition(NONE, 0, 0, 0);
        }
        String[] parts = cursor.split(":", -1);
        try {
            return new LogPosition(
                    Long.parseLong(parts[0]),
                    Long.parseLong(parts[1]),
                    Integer.parseInt(parts[2]),
                    Long.parseLong(parts[3]));
        } catch (NumberFormatException e) {
            return new LogPosition(NONE, 0, 0, 0); // more than any position has
        }
    }

    /** The time of the message from which on is counted: all before it are behind; 0: none is. */
    long anchor() {
        return anchor;
    }

    /** From when on the engine is to be asked, in seconds since the epoch: it leaves out what is older, wherever that is. */
    long sinceSeconds() {
        return Math.max(0, anchor - DISORDER_NANOS) / SECOND_NANOS;
    }

    /** How many messages are behind, the anchor and what comes after it. */
    long passed() {
        return passed;
    }

    /** How many bytes of the message after those are behind. */
    int into() {
        return (int) into;
    }

    /** The time of the newest message that is behind. */
    long newest() {
        return newest;
    }

    /** A part of the next message is behind as well. */
    void advance(int bytes) {
        into += bytes;
    }

    /**
     * The next message is behind as a whole.
     *
     * @param wasBetweenLines whether none was open before it
     */
    void pass(long nanos, boolean wasBetweenLines) {
        into = 0;
        if (anchor == NONE || (nanos > newest && wasBetweenLines)) {
            anchor = nanos;
            passed = 0;
        }
        passed++;
        newest = Math.max(newest, nanos);
    }

    /** The engine has nothing left of what was behind: counted on from its first message. */
    void restart() {
        anchor = NONE;
        passed = 0;
        into = 0;
    }

    @Override
    public String toString() {
        return "%d:%d:%d:%d".formatted(anchor, passed, into, newest);
    }
}
