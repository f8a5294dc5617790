package dev.slipway.connector.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.connector.outbox.Post;
import dev.slipway.protocol.SecretValue;
import dev.slipway.testkit.FakeControlPlane;
import java.net.http.HttpClient;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One side of the connection, with time limits so long that a test which needs one of them fails. */
class ControlPlaneTest {
    private static final Duration NEVER = Duration.ofHours(1);

    private final FakeControlPlane server = FakeControlPlane.start();
    private final HttpClient http = HttpClient.newHttpClient();
    private final Post post = new Post();

    @AfterEach
    void tearDown() {
        http.shutdownNow();
        server.close();
    }

    @Test
    void givesUpADialAtOnceWhenItIsStopped() throws InterruptedException {
        server.holdHandshakes();
        ControlPlane controlPlane = start(() -> true);
        server.awaitHandshakes(1);

        assertThat(stopping(controlPlane, NEVER).join(FakeControlPlane.PATIENCE))
                .isTrue();
    }

    @Test
    void givesUpAStalledWriteWhenTheTimeToFlushIsOver() throws InterruptedException {
        ControlPlane controlPlane = start(() -> true);
        server.awaitConnection(1);
        server.stopReading();
        post.update(outbox -> outbox.refused("t", "e", "x".repeat(8 << 20)));

        assertThat(stopping(controlPlane, Duration.ofMillis(100)).join(FakeControlPlane.PATIENCE))
                .isTrue();
        assertThat(controlPlane.state().connected()).isFalse();
    }

    @Test
    void connectsAfterAFailureNobodyThoughtOf() throws InterruptedException {
        AtomicBoolean failed = new AtomicBoolean();
        ControlPlane controlPlane = start(() -> {
            if (failed.compareAndSet(false, true)) {
                throw new IllegalStateException("wanted by the test");
            }
            return true;
        });

        server.awaitConnection(1);
        controlPlane.stop(Duration.ZERO);
    }

    private static Thread stopping(ControlPlane controlPlane, Duration flush) {
        return Thread.ofVirtual().start(() -> {
            try {
                controlPlane.stop(flush);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private ControlPlane start(BooleanSupplier dispatcherAnswers) {
        ControlPlane controlPlane = new ControlPlane(
                LinkSettings.of(
                        server.uri(),
                        "worker-1",
                        SecretValue.of("key"),
                        Optional.empty(),
                        new Timing(NEVER, NEVER, NEVER, NEVER)),
                http,
                post,
                dispatcherAnswers,
                (message, more) -> more.run(),
                Clock.systemUTC(),
                new Random(1));
        controlPlane.start();
        return controlPlane;
    }
}
