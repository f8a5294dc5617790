package dev.slipway.executor.docker;

import java.util.regex.Pattern;

/**
 * Where the reader of a run's output is: so many messages after an anchor, and so many bytes into the next one. The anchor is
 * the time of a message that was newer than all before it; those from it on can be asked for, and counted again. Times alone
 * say nothing: several messages have the same, and those of two streams are not quite in order. So the anchor follows at a
 * distance, and is never put in the midst of a line, whose parts all have the time of the first.
 */
final class LogPosition {
    /** Messages that come together can be out of order by no more than this. */
    static final long DISTANCE_NANOS = 60_000_000_000L;

    private static final Pattern TEXT = Pattern.compile("\\d{1,19}:\\d{1,19}:\\d{1,19}:\\d{1,19}");
    private static final long NONE = 0;

    private long anchor;
    private long passed;
    private long into;
    private long newest;
    private long next = NONE;
    private long passedSinceNext;

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

    /** Messages before this time are behind; 0: none is. */
    long anchor() {
        return anchor;
    }

    /** How many messages from the anchor on are behind. */
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
        if (anchor == NONE) {
            anchor = nanos;
        }
        passed++;
        if (next != NONE && nanos >= next) {
            passedSinceNext++;
        }
        if (nanos > newest && wasBetweenLines && (next == NONE || nanos - next >= DISTANCE_NANOS)) {
            if (next != NONE) {
                anchor = next;
                passed = passedSinceNext;
            }
            next = nanos;
            passedSinceNext = 1;
        }
        newest = Math.max(newest, nanos);
    }

    /** The engine has nothing left of what was behind: counted on from its first message. */
    void restart() {
        anchor = NONE;
        passed = 0;
        into = 0;
        next = NONE;
    }

    @Override
    public String toString() {
        return "%d:%d:%d:%d".formatted(anchor, passed, into, newest);
    }
}
