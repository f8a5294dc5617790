package dev.slipway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreparingTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pulling image r:5000/a:1: 3 of 7 layers, 120 of 410 MB | pulling image r:5000/a:1",
                "pulling image r:5000/a:1                               | pulling image r:5000/a:1",
                "starting                                               | starting",
                "waiting for volumes: a: b                              | waiting for volumes"
            })
    void thePhaseIsWhatStandsBeforeTheNumbers(String words, String phase) {
        assertThat(Preparing.phase(words)).isEqualTo(phase);
    }

    @Test
    void wordsAreOneLineWithoutWhatWouldMoveACursorOrHide() {
        assertThat(told("a\nb\u001b[2Jc\u202ed\u2028e\ud800f ")).isEqualTo("a b [2Jc d e f");
    }

    @Test
    void longWordsAreCutBetweenCharacters() {
        assertThat(told("x".repeat(199) + "\ud83d\ude80")).isEqualTo("x".repeat(199));
        assertThat(told("x".repeat(300))).hasSize(Preparing.MAX_LENGTH);
    }

    @Test
    void whatHasStartedIsNotBeingPrepared() {
        assertThat(new ExecutorSync.Run(new ExecutionKey("e", 1), true, false, 5, 0, "starting").preparing())
                .isEmpty();
    }

    private static String told(String words) {
        return new ExecutorSync.Run(new ExecutionKey("e", 1), false, false, 0, 0, words).preparing();
    }
}
