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

/**
 * Stands between an executor and a real engine, and holds calls of one kind back until it is told to let them through, or never
 * does.
 */
final class SlowEngine implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Path engine;
    private final Pattern kind;
    private final int first;
    private final CountDownLatch released = new CountDownLatch(1);
    private final AtomicInteger held = new AtomicInteger();
    private final AtomicInteger let = new AtomicInteger();

    /** @param kind a request's method and path, from its beginning on */
    SlowEngine(Path engine, String kind) throws IOException {
        this(engine, kind, 0);
    }

    /** @param first so many bytes of each call that is held back the engine gets at once */
    SlowEngine(Path engine, String kind, int first) throws IOException {
        this.engine = engine;
        this.kind = Pattern.compile(kind);
        this.first = first;
        threads.execute(this::accept);
    }

    String host() {
        return "tcp://127.0.0.1:" + server.getLocalPort();
    }

    /** Lets through what was held back, and all that comes. */
    void release() {
        released.countDown();
    }

    /** How many calls were held back. */
    int held() {
        return held.get();
    }

    /** How many calls that were held back the engine has been given, or was to be. */
    int let() {
        return let.get();
    }

    /** Breaks every connection, and takes none any more: as far as the engine can see, the executor's process is killed. */
    void cut() throws IOException {
        server.close();
        threads.shutdownNow();
    }

    @Override
    public void close() throws IOException {
        release();
        cut();
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
        try (client;
                SocketChannel upstream = SocketChannel.open(UnixDomainSocketAddress.of(engine))) {
            threads.execute(() -> answer(upstream, client));
            byte[] bytes = new byte[1 << 16];
            boolean due = false;
            int passed = 0;
            int length = client.getInputStream().read(bytes);
            while (length >= 0) {
                if (kind.matcher(new String(bytes, 0, length, StandardCharsets.ISO_8859_1))
                        .lookingAt()) {
                    due = true;
                    passed = 0;
                }
                if (due && passed >= first) {
                    held.incrementAndGet();
                    released.await();
                    let.incrementAndGet();
                    due = false;
                }
                ByteBuffer request = ByteBuffer.wrap(bytes, 0, length);
                while (request.hasRemaining()) {
                    upstream.write(request);
                }
                passed += length;
                length = client.getInputStream().read(bytes);
            }
        } catch (IOException e) {
            // one of the two has broken off
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
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
