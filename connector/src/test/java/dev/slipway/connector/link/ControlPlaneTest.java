package dev.slipway.connector.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.connector.outbox.Outbox;
import dev.slipway.connector.outbox.Post;
import dev.slipway.connector.wire.FrameReader;
import dev.slipway.connector.wire.RawFrame;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.Outcome;
import dev.slipway.protocol.SecretValue;
import dev.slipway.testkit.FakeControlPlane;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.jboss.logmanager.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One side of the connection, with time limits so long that a test which needs one of them fails. */
class ControlPlaneTest {
    private static final Duration NEVER = Duration.ofHours(1);

    private final FakeControlPlane server = FakeControlPlane.start();
    private final HttpClient http = HttpClient.newHttpClient();
    private final Post post = new Post();
    private final List<String> messages = new CopyOnWriteArrayList<>();
    private InstantSource time = Clock.systemUTC();

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

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void confirmsWhatWaitsAlthoughWhatComesIsTooLarge(boolean isBinary) throws InterruptedException {
        server.binaryFrames(isBinary);
        post.update(outbox -> outbox.synced(
                Outbox.Report.EMPTY,
                new ConnectorSync.Answer(
                        List.of(new ConnectorSync.Message(1, "e", "t", Optional.of(new Outcome.Succeeded()))),
                        List.of())));
        server.deaf(true);
        ControlPlane controlPlane = start(() -> true);
        server.awaitCompleted("t");
        server.sendRaw("x".repeat(FrameReader.MAX_FRAME + 1));
        server.sendRaw("after it");
        Awaitility.await().atMost(FakeControlPlane.PATIENCE).until(() -> messages.contains("after it"));
        assertThat(server.closeCode()).isEmpty();
        server.pong(server.pings().getLast());

        server.await("the goodbye", () -> server.closeCode().orElse(0) == Connection.TOO_BIG);
        assertThat(post.ask(Outbox::report).confirmed()).containsExactly(1L);
        assertThat(messages).containsExactly("after it");
        controlPlane.stop(Duration.ZERO);
    }

    @Test
    void takesAMessageOfTheLargestSize() throws InterruptedException {
        ControlPlane controlPlane = start(() -> true);
        server.awaitConnection(1);
        server.sendRaw("x".repeat(FrameReader.MAX_FRAME));

        Awaitility.await().atMost(FakeControlPlane.PATIENCE).until(() -> messages.size() == 1);
        assertThat(messages.getFirst()).hasSize(FrameReader.MAX_FRAME);
        controlPlane.stop(Duration.ZERO);
    }

    @Test
    void dialsAtOnceAfterALostConnection() throws InterruptedException {
        time = InstantSource.fixed(Instant.EPOCH); // by which no pause ever ends
        ControlPlane controlPlane = start(() -> true);
        server.awaitConnection(1);
        server.await("the answered ping", () -> !server.pings().isEmpty());
        server.cut();

        server.awaitConnection(2);
        controlPlane.stop(Duration.ZERO);
    }

    @Test
    void dialsAtOnceAfterAConnectionThatWasLostBeforeItBroughtAnything() throws InterruptedException {
        time = InstantSource.fixed(Instant.EPOCH);
        server.deaf(true);
        ControlPlane controlPlane = start(() -> true);
        server.awaitConnection(1);
        server.cut();

        server.awaitConnection(2);
        controlPlane.stop(Duration.ZERO);
    }

    @Test
    void isWaryOfAPeerThatBreaksTheWebSocketProtocol() throws InterruptedException {
        try (LogLines lines = LogLines.of(ControlPlane.class)) {
            ControlPlane controlPlane = start(() -> true);
            server.awaitConnection(1);
            server.sendBroken();

            Awaitility.await().until(() -> !lines.at(Level.ERROR).isEmpty());
            assertThat(lines.at(Level.ERROR).getFirst()).contains("is dropped", "not as a WebSocket's messages are");
            controlPlane.stop(Duration.ZERO);
        }
    }

    @Test
    void logsTheLinesThatRunbooksSearchFor() throws InterruptedException {
        try (LogLines lines = LogLines.of(ControlPlane.class)) {
            ControlPlane controlPlane = start(() -> true);
            server.awaitConnection(1);
            Awaitility.await().until(() -> controlPlane.state().connected());
            controlPlane.stop(Duration.ZERO);

            assertThat(lines.at(Level.INFO))
                    .containsExactly(
                            "Connecting to " + server.uri(), "Successfully connected to server", "Listening for tasks");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void saysInPlainWordsThatTheKeyIsRejected(int status) throws InterruptedException {
        server.refuseHandshakes(status);
        try (LogLines lines = LogLines.of(ControlPlane.class)) {
            ControlPlane controlPlane = start(() -> true);
            server.awaitHandshakes(1);
            Awaitility.await().until(() -> !lines.at(Level.ERROR).isEmpty());
            controlPlane.stop(Duration.ZERO);

            assertThat(lines.at(Level.ERROR).getFirst())
                    .startsWith("API key rejected")
                    .contains(status + ".");
            assertThat(lines.all()).noneMatch(line -> line.contains("key-canary"));
        }
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

    private static String text(RawFrame frame) {
        try {
            return new String(frame.content().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ControlPlane start(BooleanSupplier dispatcherAnswers) {
        ControlPlane controlPlane = new ControlPlane(
                LinkSettings.of(
                        server.uri(),
                        "worker-1",
                        SecretValue.of("key-canary"),
                        Optional.empty(),
                        new Timing(NEVER, NEVER, NEVER, NEVER)),
                http,
                post,
                dispatcherAnswers,
                (message, more) -> {
                    messages.add(text(message));
                    more.run();
                },
                time,
                new Random(1));
        controlPlane.start();
        return controlPlane;
    }
}
