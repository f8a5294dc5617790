package dev.slipway.executor.docker;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/** Stands between an executor and a real engine, and holds calls of one kind back until it is told to let them through. */
final class SlowEngine implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Path engine;
    private final Pattern held;
    private final CountDownLatch released = new CountDownLatch(1);
    private final AtomicInteger let = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();

    /** @param held a request's method and path, from its beginning on */
    SlowEngine(Path engine, String held) throws IOException {
        this.engine = engine;
        this.held = Pattern.compile(held);
        threads.execute(this::accept);
    }

    String host() {
        return "tcp://127.0.0.1:" + server.getLocalPort();
    }

    /** Lets through what was held back, and all that comes. */
    void release() {
        released.countDown();
    }

    /** How many calls that were held back the engine has been given, or was to be. */
    int let() {
        return let.get();
    }

    /** How many connections the executor has open. */
    int connections() {
        return connections.get();
    }

    @Override
    public void close() throws IOException {
        release();
        server.close();
        threads.shutdownNow();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                threads.execute(() -> connect(client));
            } catch (IOException e) {
                // the test is over
            }
        }
    }

    private void connect(Socket client) {
        connections.incrementAndGet();
        try (client;
                SocketChannel upstream = SocketChannel.open(UnixDomainSocketAddress.of(engine))) {
            threads.execute(() -> answer(upstream, client));
            byte[] bytes = new byte[1 << 16];
            int length = client.getInputStream().read(bytes);
            while (length >= 0) {
                if (held.matcher(new String(bytes, 0, length, StandardCharsets.ISO_8859_1))
                        .lookingAt()) {
                    released.await();
                    let.incrementAndGet();
                }
                ByteBuffer request = ByteBuffer.wrap(bytes, 0, length);
                while (request.hasRemaining()) {
                    upstream.write(request);
                }
                length = client.getInputStream().read(bytes);
            }
        } catch (IOException e) {
            // one of the two has broken off
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            connections.decrementAndGet();
        }
    }

    private static void answer(SocketChannel upstream, Socket client) {
        try (client) {
            ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
            while (upstream.read(bytes) >= 0) {
                client.getOutputStream().write(bytes.array(), 0, bytes.position());
                bytes.clear();
            }
        } catch (IOException e) {
            // one of the two has broken off
        }
    }
}
