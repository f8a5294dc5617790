package dev.slipway.executor.direct;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Repeats a run's output line by line, for the executor's own log: no byte twice, lines cut at a length and without control
 * characters, and not more than a limit of it all, so that an agent that floods does not fill that log as well. The whole
 * output is the dispatcher's to keep.
 */
final class OutputEcho {
    /** Of one line, in bytes. */
    static final int MAX_LINE = 4 << 10;

    /** Of one run, in bytes, by one process of the executor; what the log adds to every line is counted. */
    static final long MAX_OUTPUT = 1 << 20;

    /** What the log adds to a line, in bytes, roughly. */
    static final long RECORD = 256;

    private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}&&[^\t]]|[\\x80-\\x9f]");

    private final Consumer<String> log;
    private final String whereItIs;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private long offset;
    private long left = MAX_OUTPUT;
    private long cut;

    /** @param whereItIs tells an operator where to read the whole output */
    OutputEcho(Consumer<String> log, String whereItIs) {
        this.log = log;
        this.whereItIs = whereItIs;
    }

    /** @param start where these bytes stand in the output; what was repeated already is left out */
    synchronized void repeat(long start, byte[] bytes) {
        for (int i = Math.clamp(offset - start, 0, bytes.length); i < bytes.length && left > 0; i++) {
            left--;
            if (bytes[i] == '\n') {
                flush();
            } else {
                add(bytes[i]);
            }
            if (left <= 0) {
                flush();
                log.accept("[slipway: more output is not repeated here, read it with: %s]".formatted(whereItIs));
            }
        }
        offset = Math.max(offset, start + bytes.length);
    }

    private void add(byte b) {
        if (line.size() < MAX_LINE) {
            line.write(b);
        } else {
            cut++;
        }
    }

    /** The line so far, although it has not ended. */
    synchronized void flush() {
        // Control characters would colour or garble whatever shows the log.
        String text = CONTROL.matcher(line.toString(StandardCharsets.UTF_8))
                .replaceAll("")
                .stripTrailing();
        if (cut > 0) {
            log.accept("%s [slipway: and %d bytes more]".formatted(text, cut));
        } else if (!text.isEmpty()) {
            log.accept(text);
        }
        left -= line.size() > 0 ? RECORD : 0;
        line.reset();
        cut = 0;
    }
}
