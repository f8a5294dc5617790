package dev.slipway.executor.direct;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputEchoTest {
    private final List<String> log = new ArrayList<>();
    private final OutputEcho echo = new OutputEcho(log::add, "slipway logs e1");

    @Test
    void repeatsLinesHoweverTheyArePieced() {
        repeat(0, "one\ntw");
        repeat(6, "o\r\n\n");
        repeat(10, "thr");
        echo.flush();

        assertThat(log).containsExactly("one", "two", "thr");
    }

    @Test
    void repeatsNothingTwiceWhenAPieceIsReadAgain() {
        repeat(0, "one\ntwo\n");
        repeat(0, "one\ntwo\nthree\n");
        repeat(4, "two\n");

        assertThat(log).containsExactly("one", "two", "three");
    }

    @Test
    void goesOnBehindAGap() {
        repeat(0, "one\n");
        repeat(1000, "two\n");

        assertThat(log).containsExactly("one", "two");
    }

    @Test
    void cutsLongLines() {
        repeat(0, "x".repeat(5000) + "\nnext\n");

        assertThat(log).containsExactly("x".repeat(4096) + " [slipway: and 904 bytes more]", "next");
    }

    @Test
    void leavesControlCharactersOut() {
        repeat(0, "\0a\u001b[1mb\tü\u0007\u007f\u009b\n");

        assertThat(log).containsExactly("a[1mb\tü");
    }

    @Test
    void stopsAtALimitAndSaysWhereTheRestIs() {
        String line = "x".repeat(1023) + "\n";
        for (int i = 0; i < 2000; i++) {
            repeat(i * 1024L, line);
        }

        assertThat(log)
                .hasSize(821) // 819 whole lines, what the limit leaves of the next, and these words
                .endsWith("[slipway: more output is not repeated here, read it with: slipway logs e1]");
    }

    @Test
    void shortLinesReachTheLimitEarlierForEachIsARecord() {
        repeat(0, "x\n".repeat(500_000));

        assertThat(log.size()).isLessThan(4_100);
        assertThat(log.getLast()).contains("slipway logs e1");
    }

    private void repeat(long start, String text) {
        echo.repeat(start, text.getBytes(StandardCharsets.UTF_8));
    }
}
