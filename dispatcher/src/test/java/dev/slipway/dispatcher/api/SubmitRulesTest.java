package dev.slipway.dispatcher.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.Api;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SubmitRulesTest {
    private static Api.Submit submit(
            @Nullable Long timeout, Map<String, String> labels, @Nullable Integer priority, @Nullable String title) {
        return new Api.Submit(
                Optional.empty(),
                List.of("true"),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Optional.ofNullable(timeout),
                labels,
                Optional.ofNullable(priority),
                Optional.ofNullable(title));
    }

    private static Map<String, String> labels(int many) {
        Map<String, String> labels = new HashMap<>();
        for (int i = 0; i < many; i++) {
            labels.put("l" + i, "");
        }
        return labels;
    }

    @Test
    void takesWhatIsWithinTheBounds() {
        assertThat(SubmitRules.fault(submit(null, Map.of(), null, null))).isEmpty();
        assertThat(SubmitRules.fault(
                        submit(1L, Map.of("a.b/c-d_e", "any value, even = and \n"), -1_000, "t".repeat(1_024))))
                .isEmpty();
        assertThat(SubmitRules.fault(submit(366L * 86_400, labels(64), 1_000, "")))
                .isEmpty();
    }

    static Stream<Api.Submit> outOfBounds() {
        return Stream.of(
                submit(0L, Map.of(), null, null),
                submit(366L * 86_400 + 1, Map.of(), null, null),
                submit(Long.MAX_VALUE, Map.of(), null, null),
                submit(null, labels(65), null, null),
                submit(null, Map.of("", "x"), null, null),
                submit(null, Map.of("a b", "x"), null, null),
                submit(null, Map.of("a=b", "x"), null, null),
                submit(null, Map.of("a", "x".repeat(257)), null, null),
                submit(null, Map.of("a", "half a pair \ud800"), null, null),
                submit(null, Map.of(), null, "nul\0"),
                submit(null, Map.of(), 1_001, null),
                submit(null, Map.of(), Integer.MIN_VALUE, null),
                submit(null, Map.of(), null, "t".repeat(1_025)));
    }

    @ParameterizedTest
    @MethodSource("outOfBounds")
    void saysWhichBoundIsBroken(Api.Submit submit) {
        assertThat(SubmitRules.fault(submit)).isPresent();
    }

    @Test
    void asksForACommand() {
        var nothing = new Api.Submit(
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Optional.empty());
        assertThat(SubmitRules.fault(nothing)).get().asString().contains("\"command\"");
    }
}
