package dev.slipway.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FakeControlPlaneTest {
    private final FakeControlPlane controlPlane = FakeControlPlane.start();
    private final HttpClient http = HttpClient.newHttpClient();
    private final Client client = new Client();

    @AfterEach
    void tearDown() {
        http.shutdownNow();
        controlPlane.close();
    }

    @Test
    void showsTheHandshake() {
        connect();

        Handshake handshake = controlPlane.handshakes().getFirst();
        assertThat(handshake.path()).isEqualTo("/ws");
        assertThat(handshake.parameters()).containsEntry("worker_id", "a b").containsEntry("x", "1");
        assertThat(handshake.header("authorization")).contains("Bearer canary");
        assertThat(handshake.toString()).doesNotContain("canary");
    }

    @Test
    void assignsAndCancels() {
        connect();
        controlPlane.assign(Assignment.of("task-1").execution("execution-1").env("A", "b"));
        controlPlane.cancel("task-1");

        awaitMessages(2);
        assertThat(client.messages.getFirst())
                .contains("\"type\":\"task_assignment\"")
                .contains("\"execution_id\":\"execution-1\"")
                .contains("\"env_vars\":{\"A\":\"b\"}");
        assertThat(client.messages.getLast())
                .isEqualTo("{\"type\":\"task_cancellation\",\"data\":{\"task_id\":\"task-1\"}}");
    }

    @Test
    void keepsWhatItIsSent() {
        WebSocket socket = connect();
        send(socket, "{\"type\":\"task_claimed\",\"data\":{\"task_id\":\"t\",\"worker_id\":\"w\"}}");
        send(
                socket,
                "{\"type\":\"task_failed\",\"data\":{\"task_id\":\"t\",\"failure_reason\":\"unknown\",\"exit_code\":7}}");
        send(socket, "no json");

        assertThat(controlPlane.awaitClaim("t").text("worker_id")).contains("w");
        Received failed = controlPlane.awaitResult("t");
        assertThat(failed.failureReason()).contains("unknown");
        assertThat(failed.exitCode()).hasValue(7);
        controlPlane.await("the broken frame", frame -> frame.type().isEmpty());
        assertThat(controlPlane.received("t")).hasSize(2);
    }

    @Test
    void takesMessagesInFragments() {
        WebSocket socket = connect();
        join(socket.sendText("{\"type\":\"task_claimed\",", false));
        join(socket.sendText("\"data\":{\"task_id\":\"t\"}}", true));

        controlPlane.awaitClaim("t");
    }

    @Test
    void sendsFragmentedTrickledAndBinaryFrames() {
        controlPlane.fragment(3);
        controlPlane.trickle(true);
        controlPlane.binaryFrames(true);
        connect();
        controlPlane.sendRaw("{\"word\":\"größer\"}");

        awaitMessages(1);
        assertThat(client.messages).containsExactly("{\"word\":\"größer\"}");
        assertThat(client.frames).hasSizeGreaterThan(5).allMatch(frame -> frame.equals("binary"));
    }

    @Test
    void sendsAnEmptyMessageAndALargeOne() {
        connect();
        controlPlane.sendRaw("");
        controlPlane.sendRaw("x".repeat(70_000));

        awaitMessages(2);
        assertThat(client.messages.getLast()).hasSize(70_000);
    }

    @Test
    void answersPingsWithTheirPayload() {
        WebSocket socket = connect();
        join(socket.sendPing(ByteBuffer.wrap("p1".getBytes(StandardCharsets.UTF_8))));

        await().until(() -> client.pongs.equals(List.of("p1")));
        assertThat(controlPlane.pings()).containsExactly("p1");
    }

    @Test
    void deafItKeepsPingsAndFramesButAnswersNone() {
        controlPlane.deaf(true);
        WebSocket socket = connect();
        join(socket.sendPing(ByteBuffer.wrap("p1".getBytes(StandardCharsets.UTF_8))));
        controlPlane.await("the ping", () -> controlPlane.pings().contains("p1"));
        controlPlane.deaf(false);
        join(socket.sendPing(ByteBuffer.wrap("p2".getBytes(StandardCharsets.UTF_8))));

        await().until(() -> !client.pongs.isEmpty());
        assertThat(client.pongs).containsExactly("p2");
    }

    @Test
    void pingsByItself() {
        connect();
        controlPlane.ping("from the server");

        controlPlane.await("the pong", () -> controlPlane.pongs().contains("from the server"));
    }

    @Test
    void sendsPongsNobodyAskedFor() {
        connect();
        controlPlane.pong("unasked");

        await().until(() -> client.pongs.equals(List.of("unasked")));
    }

    @Test
    void notReadingItStallsThePeersWritesUntilItReadsAgain() {
        WebSocket socket = connect();
        controlPlane.stopReading();
        String large =
                "{\"type\":\"task_claimed\",\"data\":{\"task_id\":\"t\",\"filler\":\"" + "x".repeat(20 << 20) + "\"}}";
        CompletableFuture<WebSocket> write = socket.sendText(large, true);

        assertThatThrownBy(() -> write.get(300, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        controlPlane.resumeReading();

        join(write);
        controlPlane.awaitClaim("t");
    }

    @Test
    void cutsWithAReset() {
        connect();
        controlPlane.cut();

        await().until(() -> client.error != null);
        assertThat(client.error).isInstanceOf(IOException.class);
        controlPlane.awaitDisconnected();
    }

    @Test
    void halfClosedItStillReads() throws IOException {
        try (Socket socket = rawConnection()) {
            controlPlane.halfClose();
            assertThat(socket.getInputStream().readAllBytes()).isEmpty();
            byte[] text = "{\"type\":\"task_claimed\",\"data\":{\"task_id\":\"t\"}}".getBytes(StandardCharsets.UTF_8);
            socket.getOutputStream().write(new byte[] {(byte) 0x81, (byte) (0x80 | text.length), 0, 0, 0, 0});
            socket.getOutputStream().write(text);

            controlPlane.awaitClaim("t");
        }
    }

    @Test
    void refusesFramesThatAreNotMasked() throws IOException {
        try (Socket socket = rawConnection()) {
            socket.getOutputStream().write(new byte[] {(byte) 0x81, 0});

            assertThat(socket.getInputStream().readNBytes(4)).startsWith(0x88).endsWith(1002 >> 8, 1002 & 0xff);
        }
    }

    @Test
    void closesWithACodeAndKeepsTheClientsCode() {
        connect();
        controlPlane.close(1012, "restart");
        await().until(() -> client.closeCode == 1012);
        controlPlane.awaitDisconnected();

        join(connect().sendClose(1000, ""));
        controlPlane.await("code 1000", () -> controlPlane.closeCode().orElse(0) == 1000);
    }

    @Test
    void refusesHandshakesUntilToldOtherwise() {
        controlPlane.refuseHandshakes(401);

        assertThatThrownBy(this::connect)
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        WebSocketHandshakeException.class,
                        refused ->
                                assertThat(refused.getResponse().statusCode()).isEqualTo(401));
        controlPlane.acceptHandshakes();
        connect();
        assertThat(controlPlane.connections()).isEqualTo(1);
    }

    @Test
    void holdsHandshakesUntilToldOtherwise() {
        controlPlane.holdHandshakes();
        CompletableFuture<WebSocket> dial = dial();
        controlPlane.awaitHandshakes(1);
        assertThat(dial).isNotDone();
        controlPlane.acceptHandshakes();

        join(dial);
    }

    @Test
    void countsConnectionsAndTellsThemApart() {
        send(connect(), "{\"type\":\"task_claimed\",\"data\":{\"task_id\":\"t\"}}");
        controlPlane.awaitClaim("t");
        controlPlane.cut();
        controlPlane.awaitDisconnected();
        send(connect(), "{\"type\":\"task_claimed\",\"data\":{\"task_id\":\"t\"}}");

        assertThat(controlPlane.await("two claims", 2, frame -> frame.taskId().equals("t")))
                .extracting(Received::connection)
                .containsExactly(1, 2);
    }

    @Test
    void speaksTlsWithACertificateOfItsOwn(@TempDir Path directory) throws Exception {
        TlsIdentity identity = TlsIdentity.create(directory, "localhost");
        try (FakeControlPlane secure = FakeControlPlane.start(identity);
                HttpClient trusting = HttpClient.newBuilder()
                        .sslContext(trusting(identity.certificate()))
                        .build()) {
            WebSocket socket = join(trusting.newWebSocketBuilder().buildAsync(secure.uri(), client));
            send(socket, "{\"type\":\"task_claimed\",\"data\":{\"task_id\":\"t\"}}");
            secure.awaitClaim("t");

            assertThatThrownBy(() -> join(http.newWebSocketBuilder().buildAsync(secure.uri(), client)))
                    .hasCauseInstanceOf(SSLException.class);
            socket.abort();
        }
    }

    private static SSLContext trusting(Path certificate) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(certificate)) {
            store.setCertificateEntry(
                    "authority", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    @Test
    void saysWhatItWaitedForInVain() {
        try (FakeControlPlane impatient = FakeControlPlane.start(Duration.ofMillis(1), 0)) {
            assertThatThrownBy(() -> impatient.awaitClaim("t"))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("the claim of t");
        }
    }

    @Test
    void closedItLeavesNeitherPortNorConnection() {
        controlPlane.stopReading();
        connect();
        controlPlane.close();

        await().until(() -> client.error != null || client.closeCode != 0);
        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), controlPlane.port()).close())
                .isInstanceOf(ConnectException.class);
    }

    private WebSocket connect() {
        int earlier = controlPlane.connections();
        WebSocket socket = join(dial());
        controlPlane.awaitConnection(earlier + 1);
        return socket;
    }

    private CompletableFuture<WebSocket> dial() {
        return http.newWebSocketBuilder()
                .header("Authorization", "Bearer canary")
                .buildAsync(URI.create(controlPlane.uri() + "?x=1&worker_id=a%20b"), client);
    }

    private Socket rawConnection() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), controlPlane.port());
        String request = String.join(
                "\r\n",
                "GET /ws HTTP/1.1",
                "Host: h",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                "",
                "");
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) socket.getInputStream().read());
        }
        assertThat(head).contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        controlPlane.awaitConnection(1);
        return socket;
    }

    private void awaitMessages(int count) {
        await().until(() -> client.messages.size() >= count);
    }

    private static void send(WebSocket socket, String text) {
        join(socket.sendText(text, true));
    }

    private static <T> T join(CompletableFuture<T> future) {
        return future.orTimeout(30, TimeUnit.SECONDS).join();
    }

    /** The JDK's client: somebody else's reading of the standard. */
    private static final class Client implements WebSocket.Listener {
        final List<String> messages = new CopyOnWriteArrayList<>();
        final List<String> frames = new CopyOnWriteArrayList<>();
        final List<String> pongs = new CopyOnWriteArrayList<>();
        volatile @Nullable Throwable error;
        volatile int closeCode;
        private final StringBuilder text = new StringBuilder();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            frames.add("text");
            text.append(data);
            if (last) {
                messages.add(text.toString());
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            frames.add("binary");
            while (data.hasRemaining()) {
                bytes.write(data.get());
            }
            if (last) {
                messages.add(bytes.toString(StandardCharsets.UTF_8));
                bytes.reset();
            }
            socket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
            pongs.add(StandardCharsets.UTF_8.decode(message).toString());
            socket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            closeCode = code;
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable failure) {
            error = failure;
        }
    }
}
