package dev.slipway.executor.direct;

import java.nio.charset.Charset;

/**
 * Text in the encoding of the executor's locale, in which the JVM hands arguments, variables and file names to the system. What
 * that encoding does not have it replaces without a word, so nothing may get that far.
 */
final class NativeText {
    static final Charset CHARSET = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

    static final String INEXPRESSIBLE =
            "holds characters that the executor's locale cannot express: start the executor with LC_ALL=C.UTF-8";

    private NativeText() {}

    static boolean isExpressible(String text) {
        return CHARSET.newEncoder().canEncode(text);
    }

    /** Whether the JVM could read what it was given; it puts this character in the place of what it could not. */
    static boolean wasReadable(String text) {
        return text.indexOf('\ufffd') < 0;
    }
}
