package dev.slipway.dispatcher.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
    private static final RetryPolicy POLICY = new RetryPolicy(10, 5_000, 60_000);

    @Property
    void waitsBetweenThreeQuartersAndAllOfTheGrownDelay(
            @ForAll String execution, @ForAll @IntRange(min = 1, max = 1_000) int attempt) {
        double whole = Math.min(60_000, 5_000 * Math.pow(2, attempt - 1.0));

        assertThat(POLICY.delay(execution, attempt)).isBetween(Math.round(whole * 0.75), Math.round(whole));
    }

    @Test
    void scattersWhatFailedTogether() {
        long different = IntStream.range(0, 100)
                .mapToLong(i -> POLICY.delay("execution-" + i, 1))
                .distinct()
                .count();

        assertThat(different).isGreaterThan(90);
    }
}
