package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.acceptance.FaultPlan.Task;
import dev.slipway.acceptance.Output.Loss;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class OutputTest {
    private static final String ALL =
            new Task(0, true, 0, 0, 0, 100, false, OptionalLong.empty(), OptionalLong.empty()).output();

    private static Output output(Loss... losses) {
        return new Output(ALL, ALL.length(), List.of(losses));
    }

    private static String without(int from, int to) {
        return ALL.substring(0, from) + ALL.substring(to);
    }

    @Test
    void nothingMayBeMissingWhereNothingWasLost() {
        assertThat(output().allows(ALL)).isTrue();
        assertThat(output().allows(ALL.substring(0, ALL.length() - 1))).isFalse();
        assertThat(output().allows("")).isFalse();
        assertThat(output().allows(without(640, 650))).isFalse();
        assertThat(output().allows(ALL + "x")).isFalse();
        assertThat(output().allows(ALL + ALL)).isFalse();
    }

    @Test
    void anyStretchOfALossMayBeMissingAlsoWithinALine() {
        for (int from = 1000; from < 2000; from += 37) {
            for (int to = from; to <= 2000; to += 41) {
                assertThat(output(new Loss(1000, 2000)).allows(without(from, to)))
                        .as("%d to %d", from, to)
                        .isTrue();
            }
        }
    }

    @Test
    void noByteBesideALossMayBeMissing() {
        Output output = output(new Loss(1000, 2000));
        assertThat(output.allows(without(900, 2000))).isFalse();
        assertThat(output.allows(without(1000, 2100))).isFalse();
        assertThat(output.allows(without(2040, 2042))).isFalse();
        assertThat(output.allows(ALL.substring(0, 1500))).isFalse();
    }

    @Test
    void ofTwoLossesEachMayBeUsed() {
        Output output = output(new Loss(4000, 5000), new Loss(1000, 2000));
        String both = ALL.substring(0, 1100) + ALL.substring(1900, 4100) + ALL.substring(4950);
        assertThat(output.allows(both)).isTrue();
        assertThat(output.allows(without(1100, 4100))).isFalse();
    }

    @Test
    void twoStretchesOfOneLossMayBeMissing() {
        String both = ALL.substring(0, 1100) + ALL.substring(1300, 1500) + ALL.substring(1700);
        assertThat(output(new Loss(1000, 2000)).allows(both)).isTrue();
    }

    @Test
    void theEndMayBeMissingFromALossThatReachesIt() {
        Output output = output(new Loss(1000, ALL.length()));
        assertThat(output.allows(ALL.substring(0, 1000))).isTrue();
        assertThat(output.allows(ALL.substring(0, 999))).isFalse();
        assertThat(output.allows(ALL.substring(0, 1100) + ALL.substring(1500, 3000)))
                .isTrue();
    }

    @Test
    void whatAnEndedAgentHadNotCertainlyWrittenMayBeMissing() {
        Output output = new Output(ALL, 640, List.of());
        assertThat(output.allows(ALL.substring(0, 640))).isTrue();
        assertThat(output.allows(ALL.substring(0, 700))).isTrue();
        assertThat(output.allows(ALL.substring(0, 639))).isFalse();
    }
}
