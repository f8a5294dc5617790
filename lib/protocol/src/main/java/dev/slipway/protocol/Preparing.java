package dev.slipway.protocol;

import org.jspecify.annotations.Nullable;

/**
 * What is being done to prepare a run, in words for an operator: the phase and, after the first {@code ": "}, how far it is,
 * for example {@code pulling image app:1: 3 of 7 layers, 120 of 410 MB}.
 */
public final class Preparing {
    /** More characters than this are cut off. */
    public static final int MAX_LENGTH = 200;

    private static final String PHASE_END = ": ";

    private Preparing() {}

    /** One line without control characters, not longer than {@link #MAX_LENGTH}; null is no words. */
    static String cleaned(@Nullable String words) {
        StringBuilder clean = new StringBuilder();
        if (words != null) {
            words.codePoints()
                    .map(c -> isPrintable(c) ? c : ' ')
                    .takeWhile(c -> clean.length() + Character.charCount(c) <= MAX_LENGTH)
                    .forEach(clean::appendCodePoint);
        }
        return clean.toString().strip();
    }

    /** Half a character, what moves a terminal's cursor and what hides in a line are not. */
    private static boolean isPrintable(int c) {
        int type = Character.getType(c);
        return !Character.isISOControl(c)
                && type != Character.FORMAT
                && type != Character.SURROGATE
                && type != Character.LINE_SEPARATOR
                && type != Character.PARAGRAPH_SEPARATOR;
    }

    /** The words without how far it is: while they stay the same, only numbers move. */
    public static String phase(String words) {
        int end = words.indexOf(PHASE_END);
        return end < 0 ? words : words.substring(0, end);
    }
}
