package dev.slipway.executor.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ThrottleTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    @Test
    void letsABurstThroughAndThenSoManyASecondUntilItHasRested() {
        Throttle throttle = new Throttle(10, 20);

        assertThat(waits(throttle, 0, 20)).isZero();
        assertThat(waits(throttle, 0, 10)).isEqualTo(SECOND);
        assertThat(waits(throttle, SECOND, 10)).isEqualTo(SECOND);
        assertThat(waits(throttle, 60 * SECOND, 20)).isZero();
        assertThat(waits(throttle, 60 * SECOND, 1)).isEqualTo(SECOND / 10);
    }

    /** How long the last of so many requests waits. */
    private static long waits(Throttle throttle, long now, int requests) {
        long wait = 0;
        for (int i = 0; i < requests; i++) {
            wait = Math.max(0, throttle.reserve(now));
        }
        return wait;
    }
}
