package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogPositionTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    void countsFromAMessageThatWasNewerThanAllBeforeIt() {
        LogPosition position = LogPosition.of("");
        position.pass(5 * SECOND, true);
        position.pass(7 * SECOND, true);
        position.pass(7 * SECOND, true);
        position.pass(6 * SECOND, true);

        assertThat(position.anchor()).isEqualTo(7 * SECOND);
        assertThat(position.passed()).isEqualTo(3);
        assertThat(LogPosition.of(position.toString())).hasToString(position.toString());
    }

    @Test
    void theEngineIsAskedForWhatMayBeOlderThanTheAnchorToo() {
        LogPosition position = LogPosition.of("");
        position.pass(5 * SECOND, true);
        assertThat(position.sinceSeconds()).isZero();

        position.pass(500 * SECOND, true);
        assertThat(position.sinceSeconds()).isEqualTo(440);
    }

    @Test
    void theAnchorIsNeverInTheMidstOfALine() {
        LogPosition position = LogPosition.of("");
        position.pass(SECOND, true);
        for (int second = 2; second <= 500; second++) {
            position.pass(second * SECOND, false);
        }

        assertThat(position.anchor()).isEqualTo(SECOND);
        assertThat(position.passed()).isEqualTo(500);
    }

    @Test
    void countsThePartOfAMessageThatIsBehind() {
        LogPosition position = LogPosition.of("");
        position.pass(SECOND, true);
        position.advance(7);
        position.advance(3);

        assertThat(LogPosition.of(position.toString()).into()).isEqualTo(10);
        position.pass(SECOND, true);
        assertThat(position.into()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"7", "a:b:c:d", "1:2:3", "-1:0:0:0", "9999999999999999999:0:0:0", "1:2:9999999999:0"})
    void whatIsNoCursorIsTheBeginning(String text) {
        assertThat(LogPosition.of(text)).hasToString("0:0:0:0");
    }
}
