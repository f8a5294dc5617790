package dev.slipway.connector.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class LivenessTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final Liveness liveness = new Liveness(Duration.ofSeconds(30), Duration.ofSeconds(60), START);

    @Test
    void asksAtOnceAndThenEveryInterval() {
        assertThat(liveness.isPingDue(START)).isTrue();
        liveness.pinged(START);

        assertThat(liveness.isPingDue(START.plusSeconds(29))).isFalse();
        assertThat(liveness.isPingDue(START.plusSeconds(30))).isTrue();
    }

    @Test
    void isDeadAfterAMinuteOfSilence() {
        liveness.heard(START.plusSeconds(10));

        assertThat(liveness.isDead(START.plusSeconds(69))).isFalse();
        assertThat(liveness.isDead(START.plusSeconds(70))).isTrue();
    }

    @Test
    void knowsWhenSomethingIsDueNext() {
        liveness.pinged(START.plusSeconds(20));
        assertThat(liveness.quiet(START.plusSeconds(20))).isEqualTo(Duration.ofSeconds(30));

        liveness.pinged(START.plusSeconds(50));
        assertThat(liveness.quiet(START.plusSeconds(50))).isEqualTo(Duration.ofSeconds(10));
    }
}
