package dev.slipway.connector.link;

import dev.slipway.connector.egress.ProxyAddress;
import dev.slipway.connector.wire.FrameReader;
import dev.slipway.connector.wire.RawFrame;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** One WebSocket connection, with blocking writes that end in time and an end that needs nothing of the peer. */
final class Connection {
    /** Told what comes in, on a thread of the connection, one call at a time. */
    interface Events {
        /** Something came that a dead peer would not have sent. */
        void heard();

        /** @param more to be called once the next message may be read */
        void message(RawFrame frame, Runnable more);

        void pong(String payload);

        /**
         * A message cannot be taken in: it is not handed on, and what comes after it, if it can be read, is.
         *
         * @param why in words, without any of its content
         */
        void overloaded(String why);

        /** The connection ended; called once. */
        void lost();
    }

    /** A dial that did not become a connection. */
    static final class DialFailure extends Exception {
        private final int status;

        DialFailure(String message, int status) {
            super(message);
            this.status = status;
        }

        /** The HTTP status with which the handshake was refused; 0 if there was none. */
        int status() {
            return status;
        }
    }

    static final int NORMAL = 1000;

    /** Stands for 1009, message too big, which the JDK lets only servers send. */
    static final int TOO_BIG = 4009;

    private static final int NO_CLOSE_FRAME = 1006;

    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    private final WebSocket socket;
    private final Receiver receiver;
    private final Duration writeTimeout;

    private Connection(WebSocket socket, Receiver receiver, Duration writeTimeout) {
        this.socket = socket;
        this.receiver = receiver;
        this.writeTimeout = writeTimeout;
    }

    /** @throws DialFailure also when the handshake takes too long */
    static Connection dial(HttpClient http, LinkSettings settings, Events events)
            throws DialFailure, InterruptedException {
        Timing timing = settings.timing();
        Receiver receiver = new Receiver(events);
        WebSocket.Builder builder = http.newWebSocketBuilder()
                .header("Authorization", "Bearer " + settings.apiKey().reveal())
                .connectTimeout(timing.handshake());
        // The client gives headers with this prefix to the proxy alone.
        settings.proxy()
                .flatMap(ProxyAddress::authorization)
                .ifPresent(credentials -> builder.header("Proxy-Authorization", credentials.reveal()));
        CompletableFuture<WebSocket> dial = builder.buildAsync(settings.target().uri(), receiver);
        try {
            WebSocket socket = dial.get(timing.handshake().plusSeconds(1).toMillis(), TimeUnit.MILLISECONDS);
            return new Connection(socket, receiver, timing.write());
        } catch (ExecutionException failed) {
            throw failure(failed.getCause(), settings.proxy());
        } catch (TimeoutException late) {
            throw new DialFailure("no answer within " + timing.handshake().toSeconds() + " s", 0);
        } finally {
            // A connection that comes up after we stopped waiting for it belongs to nobody.
            if (!dial.isDone()) {
                var _ = dial.thenAccept(WebSocket::abort);
            }
        }
    }

    private static DialFailure failure(@Nullable Throwable cause, Optional<ProxyAddress> proxy) {
        String way = proxy.map(address -> "through the proxy " + address.shown() + ": ")
                .orElse("");
        if (cause instanceof WebSocketHandshakeException refused) {
            int status = refused.getResponse().statusCode();
            return new DialFailure(way + answer(status), status);
        }
        if (cause instanceof SSLException) {
            return new DialFailure(
                    way + "TLS failed: " + describe(cause) + " (a private authority's certificates are named by"
                            + " SSL_CERT_FILE)",
                    0);
        }
        // What fails the network speaks of it; the words of other exceptions may repeat a header, and so the API key.
        return new DialFailure(way + (cause instanceof IOException ? describe(cause) : nameOf(cause)), 0);
    }

    private static String answer(int status) {
        return switch (status) {
            case 101 -> "the server's answer is not that of a WebSocket";
            case 407 ->
                "the proxy wants another user or password: give them in its URL, as in http://user:password@proxy:3128";
            default -> "the server answered with HTTP status " + status;
        };
    }

    void send(String text) throws IOException, InterruptedException {
        finish(socket.sendText(text, true));
    }

    void ping(String payload) throws IOException, InterruptedException {
        finish(socket.sendPing(StandardCharsets.UTF_8.encode(payload)));
    }

    boolean isOpen() {
        return !receiver.end.isDone();
    }

    /** Why it ended, in words; empty while it has not. */
    String end() {
        return receiver.end.getNow("");
    }

    /** Says goodbye if the peer still listens, and ends the connection in any case. */
    void close(int code, String reason) throws InterruptedException {
        try {
            finish(socket.sendClose(code, reason));
        } catch (IOException gone) {
            // then there is nobody left to say goodbye to
        } finally {
            abort(reason);
        }
    }

    /** Ends the connection at once, whatever the peer does. */
    void abort(String why) {
        receiver.ended(why);
        socket.abort();
    }

    private void finish(CompletableFuture<WebSocket> write) throws IOException, InterruptedException {
        try {
            write.get(writeTimeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException stalled) {
            abort("a write did not finish within " + writeTimeout.toSeconds() + " s");
            throw new IOException(end(), stalled);
        } catch (ExecutionException failed) {
            receiver.awaitEnd(LAST_WORDS); // what ended it may have closed the output first, and tells why only then
            abort(describe(failed.getCause() == null ? failed : failed.getCause()));
            throw new IOException(end(), failed);
        }
    }

    private static String describe(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? nameOf(failure) : message;
    }

    private static String nameOf(@Nullable Throwable failure) {
        return failure == null ? "no reason given" : failure.getClass().getSimpleName();
    }

    private static final class Receiver implements WebSocket.Listener {
        private final Events events;
        private final CompletableFuture<String> end = new CompletableFuture<>();
        private final FrameBuffer buffer = new FrameBuffer();
        private boolean isDiscarding;

        Receiver(Events events) {
            this.events = events;
        }

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            // The client never splits a character.
            part(socket, StandardCharsets.UTF_8.encode(CharBuffer.wrap(data)), last);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            part(socket, data, last);
            return null;
        }

        private void part(WebSocket socket, ByteBuffer data, boolean last) {
            events.heard();
            if (fits(buffer.size() + data.remaining())) {
                buffer.add(data);
            }
            if (last && !isDiscarding) {
                events.message(buffer.take(), () -> socket.request(1));
            } else {
                isDiscarding &= !last;
                socket.request(1);
            }
        }

        @Override
        public @Nullable CompletionStage<?> onPong(WebSocket socket, ByteBuffer payload) {
            events.heard();
            events.pong(StandardCharsets.UTF_8.decode(payload).toString());
            socket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            ended(code == NO_CLOSE_FRAME ? "it ended without a close frame" : "the server closed it with code " + code);
            socket.abort();
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable failure) {
            // Not the network: this side could not cope with what came, which will come again.
            if (failure instanceof ProtocolException) {
                events.overloaded("it is not as a WebSocket's messages are");
            } else if (!(failure instanceof IOException)) {
                events.overloaded(nameOf(failure) + " while it was read");
            }
            ended(describe(failure));
            socket.abort();
        }

        /**
         * Whether the message may become so large. The rest of one that may not is read all the same: behind it come the
         * pongs by which results are confirmed.
         */
        private boolean fits(int size) {
            if (!isDiscarding && size > FrameReader.MAX_FRAME) {
                isDiscarding = true;
                buffer.clear();
                events.overloaded("it is larger than " + (FrameReader.MAX_FRAME >> 20) + " MiB");
            }
            return !isDiscarding;
        }

        void ended(String why) {
            if (end.complete(why)) {
                events.lost();
            }
        }

        void awaitEnd(Duration patience) throws InterruptedException {
            try {
                end.get(patience.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException silent) {
                // then the write is all that failed
            } catch (ExecutionException never) {
                throw new IllegalStateException(never);
            }
        }
    }
}
