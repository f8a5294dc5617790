package dev.slipway.connector.intake;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TurnsTest {
    private final Turns turns = new Turns();

    @Test
    void theFirstNeedNotWait() throws InterruptedException {
        assertThat(turns.take().await(Duration.ZERO)).isTrue();
    }

    @Test
    void aTurnComesWhenAllBeforeItHavePassed() throws InterruptedException {
        Turns.Turn first = turns.take();
        Turns.Turn second = turns.take();
        Turns.Turn third = turns.take();

        second.pass();
        assertThat(third.await(Duration.ZERO)).as("the first is still to come").isFalse();
        first.pass();

        assertThat(second.await(Duration.ZERO)).isTrue();
        assertThat(third.await(Duration.ZERO)).isTrue();
    }
}
