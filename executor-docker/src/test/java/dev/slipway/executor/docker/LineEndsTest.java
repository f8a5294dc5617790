package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.Bytes;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LineEndsTest {
    private static final String PART = "x".repeat(LineEnds.PART);

    private final LineEnds ends = new LineEnds();

    @Test
    void leavesWholeLinesAlone() {
        assertThat(restored(1, 10, "a\n")).isEqualTo("a\n");
        assertThat(restored(1, 11, "\n")).isEqualTo("\n");
        assertThat(ends.isBetweenLines()).isTrue();
    }

    @Test
    void givesTheLastPartOfALongLineItsEndBack() {
        assertThat(restored(1, 10, PART)).isEqualTo(PART);
        assertThat(ends.isBetweenLines()).isFalse();
        assertThat(restored(1, 10, "tail")).isEqualTo("tail\n");
        assertThat(ends.isBetweenLines()).isTrue();
    }

    @Test
    void addsNothingWhereTheEngineKeepsTheEnd() {
        restored(1, 10, PART);

        assertThat(restored(1, 10, "tail\n")).isEqualTo("tail\n");
    }

    @Test
    void endsALineWhoseLastPartIsFullBeforeTheNextLine() {
        restored(1, 10, PART);
        restored(1, 10, PART);

        assertThat(restored(1, 11, "next\n")).isEqualTo("\nnext\n");
    }

    @Test
    void keepsTheStreamsApart() {
        restored(1, 10, PART);

        assertThat(restored(2, 11, "err\n")).isEqualTo("err\n");
        assertThat(restored(1, 10, "tail")).isEqualTo("tail\n");
    }

    @Test
    void leavesTheOutputsUnfinishedEndAlone() {
        restored(1, 10, "a\n");

        assertThat(restored(1, 11, "prompt> ")).isEqualTo("prompt> ");
    }

    private String restored(int stream, long nanos, String content) {
        return new String(
                ends.restore(new LogMessage(stream, nanos, Bytes.wrap(content.getBytes(StandardCharsets.UTF_8)))),
                StandardCharsets.UTF_8);
    }
}
