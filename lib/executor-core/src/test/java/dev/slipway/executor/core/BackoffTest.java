package dev.slipway.executor.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private final Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(5), new Random(1));

    @Test
    void growsToItsLongestAndTakesUpToHalfOff() {
        List<Duration> waits = Stream.generate(backoff::next).limit(6).toList();

        List<Integer> wholes = List.of(1, 2, 4, 5, 5, 5);
        for (int i = 0; i < wholes.size(); i++) {
            Duration whole = Duration.ofSeconds(wholes.get(i));
            assertThat(waits.get(i)).isBetween(whole.dividedBy(2), whole);
        }
    }

    @Test
    void beginsAnewAfterASuccess() {
        Stream.generate(backoff::next).limit(4).forEach(_ -> {});

        backoff.reset();

        assertThat(backoff.next()).isLessThanOrEqualTo(Duration.ofSeconds(1));
    }
}
