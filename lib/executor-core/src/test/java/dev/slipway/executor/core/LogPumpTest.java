package dev.slipway.executor.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.protocol.ExecutionKey;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogPumpTest {
    private static final RunId RUN = new RunId("ledger-1", new ExecutionKey("e1", 2));

    private final AtomicLong now = new AtomicLong(1_000);
    private final FakeBackend backend = new FakeBackend();
    private final ScriptedDispatcher dispatcher = new ScriptedDispatcher();
    private final LogPump pump = new LogPump(
            backend, dispatcher, RUN, new Metrics(new SimpleMeterRegistry()), () -> Instant.ofEpochMilli(now.get()));

    @AfterEach
    void cancel() {
        pump.cancel();
    }

    @Test
    void deliversInBoundedPiecesAndFreesWhatWasTaken() {
        backend.begin(RUN, "x".repeat(600 << 10));
        pump.end();

        pump.pump();

        assertThat(dispatcher.pieces()).containsExactly(256 << 10, 256 << 10, 88 << 10);
        assertThat(backend.released(RUN)).isEqualTo(600 << 10);
    }

    @Test
    void goesOnWhereAnEarlierProcessStopped() {
        backend.begin(RUN, "abcdef");
        dispatcher.has("abcd", "2:4");
        pump.end();

        pump.pump();

        assertThat(dispatcher.output()).isEqualTo("abcdef");
    }

    @Test
    void beginsAnewAfterTheOutputOfAnEarlierAttempt() {
        backend.begin(RUN, "second");
        dispatcher.has("first ", "1:6");
        pump.end();

        pump.pump();

        assertThat(dispatcher.output()).isEqualTo("first second");
    }

    @Test
    void deliversWhatIsWrittenUntilTheRunHasEnded() {
        backend.begin(RUN, "one ");
        Thread pumping = Thread.ofVirtual().start(pump::pump);
        await().until(() -> dispatcher.output().equals("one "));

        backend.write(RUN, "two");
        pump.end();

        assertThat(pump.awaitDelivery(Duration.ofSeconds(10))).isTrue();
        assertThat(dispatcher.output()).isEqualTo("one two");
        await().until(() -> !pumping.isAlive());
    }

    @Test
    void tellsHowLongNothingWasPrinted() {
        backend.begin(RUN, "");
        now.set(5_000);
        assertThat(pump.silentMillis()).as("before it looks").isZero();
        Thread.ofVirtual().start(pump::pump);
        awaitSilence();

        backend.write(RUN, "a sign of life");
        await().until(() -> !dispatcher.output().isEmpty());

        assertThat(pump.silentMillis()).isZero();
        awaitSilence();
        pump.end();
    }

    @Test
    void isNotSilentWhileOutputWaitsForTheDispatcher() {
        backend.begin(RUN, "");
        Thread.ofVirtual().start(pump::pump);
        awaitSilence();
        dispatcher.goAway(true);

        backend.write(RUN, "a sign of life");
        await().until(() -> pump.silentMillis() == 0);
        now.addAndGet(60_000);

        assertThat(pump.silentMillis()).isZero();
        dispatcher.goAway(false);
        await().until(() -> dispatcher.output().equals("a sign of life"));
        pump.end();
    }

    /** An engine that goes away when its task has ended keeps that from being seen for as long as it likes. */
    @Test
    void doesNotAskWithoutPauseForWhatWillNotCome() {
        backend.begin(RUN, "all there is");
        backend.finishOutput(RUN);
        Thread.ofVirtual().start(pump::pump);
        await().until(() -> dispatcher.output().equals("all there is"));

        await().during(Duration.ofMillis(500)).until(() -> backend.lookedForOutput() < 50);
    }

    private void awaitSilence() {
        await().until(() -> {
            now.addAndGet(1_000);
            return pump.silentMillis() >= 3_000;
        });
    }

    @Test
    void saysWhenNothingMovesAndGoesOnTrying() {
        backend.begin(RUN, "late");
        dispatcher.goAway(true);
        pump.end();
        Thread.ofVirtual().start(pump::pump);

        assertThat(pump.awaitDelivery(Duration.ofMillis(50))).isFalse();
        dispatcher.goAway(false);

        assertThat(pump.awaitDelivery(Duration.ofSeconds(10))).isTrue();
        assertThat(dispatcher.output()).isEqualTo("late");
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 404, 409, 413})
    void givesUpOutputThatIsRefused(int status) {
        backend.begin(RUN, "unwanted");
        dispatcher.answerAppendsWith(status);

        Thread.ofVirtual().start(pump::pump);

        assertThat(pump.awaitDelivery(Duration.ofSeconds(10))).isTrue();
        assertThat(dispatcher.output()).isEmpty();
    }
}
