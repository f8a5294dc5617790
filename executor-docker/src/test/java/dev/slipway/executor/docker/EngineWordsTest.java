package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class EngineWordsTest {
    @Test
    void shortWordsAreShownInOneLine() {
        assertThat(EngineWords.shown(" no\nsuch\u001b[31m  image ")).isEqualTo("no such [31m image");
    }

    @Test
    void longWordsAreCutInTheMiddleForTheCauseIsOftenAtTheEnd() {
        assertThat(EngineWords.shown("pull: " + "x".repeat(1 << 20) + ": no space left on device"))
                .hasSize(2_000)
                .startsWith("pull: xxx")
                .contains(" [...] ")
                .endsWith("x: no space left on device");
    }

    @Test
    void anEngineThatRefusesWithManyWordsIsCutShort() throws Exception {
        String words = "bad ".repeat(100_000);
        try (FakeEngine engine = FakeEngine.start()
                        .when("GET /info", new FakeEngine.Answer(500, "{\"message\":\"%s\"}".formatted(words)))
                        .when("GET /version", new FakeEngine.Answer(500, words));
                Engine calls = new Engine(engine.address(), 1, Engine.Patience.USUAL)) {
            assertThatThrownBy(calls::info)
                    .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(2_100));
            assertThatThrownBy(calls::version)
                    .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(2_100));
        }
    }
}
