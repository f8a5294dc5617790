package dev.slipway.connector.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RedialTest {
    @Test
    void doublesUpToAMinute() {
        Redial redial = new Redial();

        assertThat(IntStream.range(0, 8).mapToObj(i -> redial.afterFailure(0.5).toSeconds()))
                .containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L);
    }

    @Test
    void beginsAnewAfterASuccess() {
        Redial redial = new Redial();
        redial.afterFailure(0.5);
        redial.afterFailure(0.5);
        redial.succeeded(Duration.ZERO);

        assertThat(redial.afterFailure(0.5)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void doesNotWaitOnceForAConnectionThatBroughtNothingAndThenMoreAndMore() {
        Redial redial = new Redial();
        redial.afterFailure(0.5);
        redial.afterFailure(0.5);

        assertThat(IntStream.range(0, 4).mapToObj(i -> redial.afterSilence(0.5).toSeconds()))
                .containsExactly(0L, 1L, 2L, 4L);
        redial.succeeded(Duration.ZERO);
        assertThat(redial.afterSilence(0.5)).isZero();
    }

    @Test
    void growsWithEveryOverloadUntilAConnectionLasts() {
        Redial redial = new Redial();
        assertThat(redial.afterOverload(Duration.ofSeconds(1), 0.5)).isEqualTo(Duration.ofSeconds(1));
        redial.succeeded(Duration.ofSeconds(59));
        assertThat(redial.afterOverload(Duration.ofSeconds(1), 0.5)).isEqualTo(Duration.ofSeconds(2));
        assertThat(redial.afterOverload(Duration.ofSeconds(60), 0.5)).isEqualTo(Duration.ofSeconds(1));
        redial.succeeded(Duration.ofSeconds(60));

        assertThat(redial.afterFailure(0.5)).isEqualTo(Duration.ofSeconds(1));
    }

    @Property
    void staysWithinAFifthOfTheDelayAndUnderTheCap(
            @ForAll @IntRange(max = 100) int failures,
            @ForAll @DoubleRange(max = 1, maxIncluded = false) double random) {
        Redial exact = new Redial();
        Redial jittered = new Redial();
        for (int i = 0; i < failures; i++) {
            exact.afterFailure(0.5);
            jittered.afterFailure(random);
        }
        double base = exact.afterFailure(0.5).toMillis();

        assertThat(jittered.afterFailure(random).toMillis())
                .isBetween(Math.round(base * 0.8), Math.min(60_000, Math.round(base * 1.2)));
    }
}
