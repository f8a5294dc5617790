package dev.slipway.testkit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.protocol.Bytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A control plane on a free loopback port: a real WebSocket server over raw sockets that assigns and cancels tasks, keeps
 * every frame it is sent, and misbehaves on demand.
 *
 * <pre>{@code
 * try (FakeControlPlane controlPlane = FakeControlPlane.start()) {
 *     startWorker(controlPlane.uri());
 *     controlPlane.awaitConnection(1);
 *     controlPlane.assign(Assignment.of("task-1").execution("execution-1"));
 *     controlPlane.awaitClaim("task-1");
 *     controlPlane.cut();
 *     assertThat(controlPlane.awaitResult("task-1").type()).isEqualTo("task_completed");
 * }
 * }</pre>
 *
 * <p>Faults are either <em>ways</em> of the server, which hold for present and later connections until taken back
 * ({@link #refuseHandshakes}, {@link #holdHandshakes}, {@link #deaf}, {@link #stopReading}, {@link #fragment},
 * {@link #trickle}, {@link #binaryFrames}), or <em>blows</em> to the present connection ({@link #cut}, {@link #halfClose},
 * {@link #close(int, String)}). Every {@code await…} returns as soon as its condition holds and fails with an
 * {@link AssertionError}, which lists what was received, when the patience given at the start is over.
 */
public final class FakeControlPlane implements AutoCloseable {
    /** How long the await methods wait unless told otherwise. */
    public static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxStringLength(64 << 20).build())
            .build());
    private static final Duration TEARDOWN = Duration.ofSeconds(5);

    /** So small that a peer's writes stall soon after this side stops reading. */
    private static final int RECEIVE_BUFFER = 4 << 10;

    private final Duration patience;
    private final boolean isSecure;
    private final ServerSocket listener;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Thread> threads = new ArrayList<>();
    private final List<Peer> peers = new ArrayList<>();
    private final List<Handshake> handshakes = new ArrayList<>();
    private final List<Received> received = new ArrayList<>();
    private final List<String> pings = new ArrayList<>();
    private final List<String> pongs = new ArrayList<>();
    private @Nullable Peer present;
    private int connections;
    private OptionalInt closeCode = OptionalInt.empty();
    private OptionalInt refusal = OptionalInt.empty();
    private boolean holding;
    private boolean deaf;
    private boolean reading = true;
    private Peer.Manner manner = Peer.Manner.GOOD;
    private boolean stopped;

    private FakeControlPlane(Duration patience, int port, Optional<TlsIdentity> tls) throws IOException {
        this.patience = patience;
        isSecure = tls.isPresent();
        listener = tls.isPresent()
                ? tls.get().context().getServerSocketFactory().createServerSocket()
                : new ServerSocket();
        listener.setReuseAddress(true);
        listener.setReceiveBufferSize(RECEIVE_BUFFER);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        run("accept", this::accept);
    }

    public static FakeControlPlane start() {
        return start(PATIENCE, 0);
    }

    /** @param port 0 for a free one; another to come back where an earlier one was */
    public static FakeControlPlane start(Duration patience, int port) {
        return start(patience, port, Optional.empty());
    }

    /** One that is spoken to by TLS; its {@link #uri} names {@code localhost}. */
    public static FakeControlPlane start(TlsIdentity tls) {
        return start(PATIENCE, 0, Optional.of(tls));
    }

    private static FakeControlPlane start(Duration patience, int port, Optional<TlsIdentity> tls) {
        try {
            return new FakeControlPlane(patience, port, tls);
        } catch (IOException e) {
            throw new IllegalStateException("no control plane on port " + port, e);
        }
    }

    /** Where workers connect, for example {@code ws://127.0.0.1:41234/ws}. */
    public URI uri() {
        return URI.create((isSecure ? "wss://localhost:" : "ws://127.0.0.1:") + port() + "/ws");
    }

    public int port() {
        return listener.getLocalPort();
    }

    // What a control plane does

    public void assign(Assignment assignment) {
        send("task_assignment", assignment.toJson());
    }

    public void cancel(String taskId) {
        send("task_cancellation", JSON.createObjectNode().put("task_id", taskId));
    }

    /** Sends a frame of the protocol. */
    public void send(String type, JsonNode data) {
        ObjectNode frame = JSON.createObjectNode().put("type", type);
        frame.set("data", data);
        sendRaw(frame.toString());
    }

    /** Sends any text as one message. */
    public void sendRaw(String text) {
        Peer.Manner how = locked(() -> manner);
        peer().send(text, how);
    }

    /** Sends a frame that no WebSocket may send: a text that is not UTF-8. */
    public void sendBroken() {
        peer().send(new Frame(Frame.TEXT, true, Bytes.of(new byte[] {(byte) 0xff})));
    }

    /** Sends a ping of the server's own. */
    public void ping(String payload) {
        peer().send(new Frame(Frame.PING, true, Bytes.of(payload.getBytes(StandardCharsets.UTF_8))));
    }

    /** Sends a pong, asked for or not. */
    public void pong(String payload) {
        peer().send(new Frame(Frame.PONG, true, Bytes.of(payload.getBytes(StandardCharsets.UTF_8))));
    }

    // Ways

    /** Answers every further handshake with this HTTP status. */
    public void refuseHandshakes(int status) {
        change(() -> refusal = OptionalInt.of(status));
    }

    /** Answers no handshake until {@link #acceptHandshakes()}. */
    public void holdHandshakes() {
        change(() -> holding = true);
    }

    public void acceptHandshakes() {
        change(() -> {
            refusal = OptionalInt.empty();
            holding = false;
        });
    }

    /** Reads and keeps everything, but answers no ping. */
    public void deaf(boolean isDeaf) {
        change(() -> deaf = isDeaf);
    }

    /** Leaves everything the peer writes in the socket, so that its writes stall once the buffers are full. */
    public void stopReading() {
        change(() -> reading = false);
    }

    public void resumeReading() {
        change(() -> reading = true);
    }

    /** @param bytes the most payload bytes a frame carries; 0 for whole messages */
    public void fragment(int bytes) {
        change(() -> manner = new Peer.Manner(bytes, manner.binary(), manner.trickle()));
    }

    /** Hands every byte to the network by itself. */
    public void trickle(boolean isTrickling) {
        change(() -> manner = new Peer.Manner(manner.fragment(), manner.binary(), isTrickling));
    }

    public void binaryFrames(boolean isBinary) {
        change(() -> manner = new Peer.Manner(manner.fragment(), isBinary, manner.trickle()));
    }

    // Blows

    /** Resets the present connection. */
    public void cut() {
        peer().cut();
    }

    /** Sends nothing more on the present connection, says so by TCP only, and goes on reading. */
    public void halfClose() {
        peer().halfClose();
    }

    /** Sends a close frame on the present connection. */
    public void close(int code, String reason) {
        peer().close(code, reason);
    }

    // What was seen

    /** Everything received so far on any connection, in order. */
    public List<Received> received() {
        return locked(() -> List.copyOf(received));
    }

    /** What was received of one task, in order. */
    public List<Received> received(String taskId) {
        return received().stream()
                .filter(frame -> frame.taskId().equals(taskId))
                .toList();
    }

    /** All handshakes, also those that were refused or held. */
    public List<Handshake> handshakes() {
        return locked(() -> List.copyOf(handshakes));
    }

    /** The payloads of all pings received. */
    public List<String> pings() {
        return locked(() -> List.copyOf(pings));
    }

    /** The payloads of all pongs received. */
    public List<String> pongs() {
        return locked(() -> List.copyOf(pongs));
    }

    /** How many connections were made. */
    public int connections() {
        return locked(() -> connections);
    }

    public boolean isConnected() {
        return locked(() -> present != null);
    }

    /** The code of the last close frame received; 1005 if it carried none. */
    public OptionalInt closeCode() {
        return locked(() -> closeCode);
    }

    /** Waits until the nth connection, counted from 1, was made. */
    public void awaitConnection(int nth) {
        await("connection " + nth, () -> connections >= nth);
    }

    public void awaitDisconnected() {
        await("the end of the connection", () -> present == null);
    }

    public void awaitHandshakes(int count) {
        await(count + " handshakes", () -> handshakes.size() >= count);
    }

    public Received awaitClaim(String taskId) {
        return await("the claim of " + taskId, frame -> frame.is("task_claimed", taskId));
    }

    public Received awaitRejection(String taskId) {
        return await("the rejection of " + taskId, frame -> frame.is("task_rejected", taskId));
    }

    /** The first result of the task, whatever it is. */
    public Received awaitResult(String taskId) {
        return await(
                "the result of " + taskId,
                frame -> frame.isResult() && frame.taskId().equals(taskId));
    }

    public Received awaitCompleted(String taskId) {
        return await("the completion of " + taskId, frame -> frame.is("task_completed", taskId));
    }

    public Received awaitFailed(String taskId) {
        return await("the failure of " + taskId, frame -> frame.is("task_failed", taskId));
    }

    /** Waits for the first frame, of those received already or later, that is wanted. */
    public Received await(String what, Predicate<Received> wanted) {
        return await(what, 1, wanted).getLast();
    }

    /** Waits until so many frames that are wanted were received. */
    public List<Received> await(String what, int count, Predicate<Received> wanted) {
        Supplier<List<Received>> found = () -> received.stream().filter(wanted).toList();
        await(what, () -> found.get().size() >= count);
        return locked(() -> found.get().subList(0, count));
    }

    /** Waits until something holds of what this control plane has seen. */
    public void await(String what, BooleanSupplier condition) {
        lock.lock();
        try {
            long left = patience.toNanos();
            while (!condition.getAsBoolean()) {
                if (left <= 0) {
                    throw new AssertionError("waited in vain for " + what + "; connections: " + connections
                            + ", pings: " + pings.size() + ", received: " + received);
                }
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for " + what, e);
        } finally {
            lock.unlock();
        }
    }

    /** Ends every connection and waits until nothing of this control plane is left. */
    @Override
    public void close() {
        List<Thread> toJoin = locked(() -> {
            stopped = true;
            changed.signalAll();
            peers.forEach(Peer::drop);
            return List.copyOf(threads);
        });
        try {
            listener.close();
            for (Thread thread : toJoin) {
                if (!thread.join(TEARDOWN)) {
                    throw new IllegalStateException("the fake control plane's " + thread.getName() + " does not end");
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("the fake control plane's port does not close", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void accept() {
        while (true) {
            try {
                Socket socket = listener.accept();
                socket.setTcpNoDelay(true);
                Peer peer = new Peer(socket);
                change(() -> peers.add(peer));
                if (!run("connection", () -> greet(peer))) {
                    peer.drop();
                }
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void greet(Peer peer) {
        try {
            Handshake handshake = peer.readHandshake();
            change(() -> handshakes.add(handshake));
            awaitUnlessStopped(() -> !holding);
            OptionalInt status = locked(() -> refusal);
            if (status.isPresent() || !handshake.isWebSocket()) {
                peer.answer("HTTP/1.1 " + status.orElse(400) + " Refused\r\nContent-Length: 0\r\nConnection: close");
                return;
            }
            peer.answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: " + handshake.acceptance());
            int number = locked(() -> {
                present = peer;
                connections++;
                changed.signalAll();
                return connections;
            });
            peer.serve(new Recorder(number));
        } catch (IOException gone) {
            // a client may leave at any time
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            peer.drop();
            change(() -> {
                peers.remove(peer);
                if (present == peer) {
                    present = null;
                }
            });
        }
    }

    private final class Recorder implements Peer.Events {
        private final int connection;

        Recorder(int connection) {
            this.connection = connection;
        }

        @Override
        public void untilReading() throws InterruptedException {
            awaitUnlessStopped(() -> reading);
        }

        @Override
        public void message(String text) {
            Received frame = parse(text);
            change(() -> received.add(frame));
        }

        @Override
        public boolean ping(String payload) {
            return locked(() -> {
                pings.add(payload);
                changed.signalAll();
                return !deaf;
            });
        }

        @Override
        public void pong(String payload) {
            change(() -> pongs.add(payload));
        }

        @Override
        public void closed(int code) {
            change(() -> closeCode = OptionalInt.of(code));
        }

        private Received parse(String text) {
            try {
                JsonNode frame = JSON.readTree(text);
                return new Received(connection, frame.path("type").asText(), frame.path("data"));
            } catch (JsonProcessingException notJson) {
                return new Received(connection, "", MissingNode.getInstance());
            }
        }
    }

    private Peer peer() {
        while (true) {
            await("a connection", () -> present != null);
            Peer peer = locked(() -> present);
            if (peer != null) { // or else it was lost already
                return peer;
            }
        }
    }

    private void awaitUnlessStopped(BooleanSupplier condition) throws InterruptedException {
        lock.lock();
        try {
            while (!condition.getAsBoolean() && !stopped) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    private void change(Runnable change) {
        locked(() -> {
            change.run();
            changed.signalAll();
            return true;
        });
    }

    private <T extends @Nullable Object> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    /** @return false if this control plane is being closed */
    private boolean run(String name, Runnable task) {
        return locked(() -> {
            threads.removeIf(thread -> !thread.isAlive());
            return !stopped
                    && threads.add(Thread.ofVirtual()
                            .name("fake-control-plane-" + name)
                            .start(task));
        });
    }
}
