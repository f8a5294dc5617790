package dev.slipway.dispatcher.access;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InflowTest {
    private static final long MAX = 40 << 20;

    private final Inflow inflow = new Inflow(2 * MAX);

    @Test
    void takesTwoOfTheLargestBodiesAtOnceAndTheNextWhenOneIsDone() {
        Runnable first = inflow.take(MAX).orElseThrow();
        assertThat(inflow.take(MAX)).isPresent();
        assertThat(inflow.take(Inflow.LARGE + 1)).isEmpty();
        first.run();
        assertThat(inflow.take(MAX)).isPresent();
    }

    @Test
    void neverKeepsOutWhatIsSmall() {
        assertThat(inflow.take(2 * MAX)).isPresent();
        assertThat(inflow.take(Inflow.LARGE)).isPresent();
    }
}
