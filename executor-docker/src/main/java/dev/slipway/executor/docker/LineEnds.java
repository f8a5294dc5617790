package dev.slipway.executor.docker;

import java.util.HashMap;
import java.util.Map;

/**
 * Gives long lines back the end that the engine's log driver loses: it keeps a line in parts of 16 KiB, and up to now shows
 * the last of them without the line's end. A part can be told by its time, which is that of the first.
 *
 * <p>What cannot be told is whether a long line at the very end of the output had an end; it is given one. Pure.
 */
final class LineEnds {
    static final int PART = 16 << 10;

    /** The times of the lines that are not at their end, by stream. */
    private final Map<Integer, Long> open = new HashMap<>();

    /** The message's bytes as they were written. */
    byte[] restore(LogMessage message) {
        boolean continues = open.getOrDefault(message.stream(), -1L) == message.nanos();
        boolean endLost = open.containsKey(message.stream()) && !continues;
        boolean endsHere =
                continues && !message.endsALine() && message.content().length() < PART;
        if (message.endsALine() || endsHere) {
            open.remove(message.stream());
        } else {
            open.put(message.stream(), message.nanos());
        }
        return withEnds(endLost, message.content().unwrap(), endsHere);
    }

    /** Whether no stream is in the midst of a line. */
    boolean isBetweenLines() {
        return open.isEmpty();
    }

    private static byte[] withEnds(boolean before, byte[] content, boolean after) {
        if (!before && !after) {
            return content;
        }
        byte[] whole = new byte[content.length + (before ? 1 : 0) + (after ? 1 : 0)];
        System.arraycopy(content, 0, whole, before ? 1 : 0, content.length);
        if (before) {
            whole[0] = '\n';
        }
        if (after) {
            whole[whole.length - 1] = '\n';
        }
        return whole;
    }
}
