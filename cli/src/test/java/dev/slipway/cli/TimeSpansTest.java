package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimeSpansTest {
    @ParameterizedTest
    @CsvSource({"30s,PT30S", "90,PT1M30S", "10m,PT10M", "1h,PT1H", "2d,PT48H"})
    void readsWhatPeopleWrite(String text, Duration span) {
        assertThat(TimeSpans.parse(text)).isEqualTo(span);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "0s", "-1s", "1.5h", "soon", "1h30m", "99999999999s"})
    void refusesOthers(String text) {
        assertThatThrownBy(() -> TimeSpans.parse(text))
                .isInstanceOf(CliFailure.class)
                .hasMessageContaining("30s, 10m or 1h");
    }

    @ParameterizedTest
    @CsvSource({"PT-1S,0s", "PT0S,0s", "PT119S,119s", "PT2M,2m", "PT119M,119m", "PT2H,2h", "PT47H,47h", "PT48H,2d"})
    void writesTheLargestUnit(Duration span, String text) {
        assertThat(TimeSpans.shortly(span)).isEqualTo(text);
    }
}
