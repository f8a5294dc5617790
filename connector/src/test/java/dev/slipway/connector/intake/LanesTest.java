package dev.slipway.connector.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LanesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Lanes lanes = new Lanes(3, 100);
    private final List<String> done = new CopyOnWriteArrayList<>();
    private final CountDownLatch gate = new CountDownLatch(1);
    private final AtomicInteger asked = new AtomicInteger();

    @AfterEach
    void openTheGate() {
        gate.countDown();
    }

    @Test
    void keepsTheOrderOfOneTaskAndLetsOthersPass() throws InterruptedException {
        lanes.add("a", this::waitAtTheGate, 1, asked::incrementAndGet);
        lanes.add("a", () -> done.add("a2"), 1, asked::incrementAndGet);
        lanes.add("b", () -> done.add("b"), 1, asked::incrementAndGet);
        await().until(() -> done.contains("b"));
        assertThat(done).containsExactly("b");
        gate.countDown();
        lanes.awaitIdle(PATIENCE);

        assertThat(done).containsExactly("b", "a2");
    }

    @Test
    void asksForNoMoreThanItMayHold() throws InterruptedException {
        lanes.add("a", this::waitAtTheGate, 1, asked::incrementAndGet);
        lanes.add("a", () -> done.add("a2"), 1, asked::incrementAndGet);
        assertThat(asked).hasValue(2);
        lanes.add("a", () -> done.add("a3"), 1, asked::incrementAndGet);
        assertThat(asked).hasValue(2);
        gate.countDown();
        lanes.awaitIdle(PATIENCE);

        await().until(() -> asked.get() == 3);
        assertThat(done).containsExactly("a2", "a3");
    }

    @Test
    void asksForNoMoreThanItCanCarry() throws InterruptedException {
        lanes.add("a", this::waitAtTheGate, 100, asked::incrementAndGet);
        assertThat(asked).hasValue(0);
        gate.countDown();
        lanes.awaitIdle(PATIENCE);

        await().until(() -> asked.get() == 1);
    }

    @Test
    void goesOnAfterAJobThatFails() throws InterruptedException {
        lanes.add(
                "a",
                () -> {
                    throw new IllegalStateException("wanted by the test");
                },
                1,
                asked::incrementAndGet);
        lanes.add("a", () -> done.add("a2"), 1, asked::incrementAndGet);
        lanes.awaitIdle(PATIENCE);

        assertThat(done).containsExactly("a2");
    }

    private void waitAtTheGate() {
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
