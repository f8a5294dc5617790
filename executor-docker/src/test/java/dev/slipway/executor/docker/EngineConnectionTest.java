package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.transport.DockerHttpClient;
import dev.slipway.executor.testkit.Watching;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineConnectionTest {
    /** The engine may have begun to start the container, and a second start would run it again. */
    @Test
    void aStartThatIsNotAnsweredIsNotRepeated() throws Exception {
        try (Cutting engine = new Cutting();
                Engine calls = new Engine(engine.address(), 1, Engine.Patience.USUAL)) {
            assertThatThrownBy(() -> calls.start("id")).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> calls.container("id")).isInstanceOf(IOException.class);

            assertThat(engine.asked.stream().filter(line -> line.startsWith("POST /containers/id/start")))
                    .hasSize(1);
            assertThat(engine.asked.stream().filter(line -> line.startsWith("GET ")))
                    .as("what only looks is repeated: the transport does repeat")
                    .hasSizeGreaterThan(1);
        }
    }

    /** Also a proxy in front of the engine may have given the answer, to a start that the engine carries out. */
    @ParameterizedTest
    @ValueSource(ints = {307, 429, 503})
    void aStartThatIsToldToComeLaterOrGoElsewhereIsNotRepeated(int status) throws Exception {
        String start = "POST /containers/id/start";
        try (FakeEngine engine =
                        FakeEngine.start().when(start, new FakeEngine.Answer(status, "{\"message\":\"later\"}"));
                Engine calls = new Engine(engine.address(), 1, Engine.Patience.USUAL)) {
            assertThatThrownBy(() -> calls.start("id"))
                    .isInstanceOfSatisfying(
                            EngineRefusal.class,
                            refusal -> assertThat(refusal.status()).isEqualTo(status));

            assertThat(engine.asked()).containsExactly(start);
        }
    }

    @Test
    void anAnswerCanBeClosedAtAnyMomentWhileSomebodyReadsIt() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                Engine calls = new Engine(at(server), 1, Engine.Patience.USUAL)) {
            threads.execute(() -> writeWithoutEnd(server, threads));
            for (int i = 0; i < 200; i++) {
                DockerHttpClient.Response answer = calls.logs("id", 0, true);
                CountDownLatch reads = new CountDownLatch(1);
                Future<?> reader = threads.submit(() -> {
                    while (answer.getBody().read() >= 0) {
                        reads.countDown();
                    }
                    return null;
                });
                reads.await();

                answer.close();

                assertThatThrownBy(reader::get).as("there is no end to read").isInstanceOf(ExecutionException.class);
            }
        }
    }

    private static void writeWithoutEnd(ServerSocket server, ExecutorService threads) {
        try {
            while (true) {
                Socket connection = server.accept();
                threads.execute(() -> {
                    try (connection) {
                        OutputStream output = connection.getOutputStream();
                        output.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
                        while (true) {
                            output.write("5\r\nlines\r\n".repeat(100).getBytes(StandardCharsets.US_ASCII));
                        }
                    } catch (IOException e) {
                        // the answer was closed
                    }
                });
            }
        } catch (IOException e) {
            // the test is over
        }
    }

    @Test
    void anEngineOverTcpThatVanishesIsNoticedByStreamsAsWell() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                Engine calls = new Engine(at(silent), 1, Engine.Patience.USUAL)) {
            Future<?> following = threads.submit(() -> calls.logs("id", 0, true));
            try (Socket connection = silent.accept()) {
                await().atMost(Watching.PATIENCE).until(() -> isAskedFor(connection));
            }
            following.cancel(true);
        }
    }

    /** Whether the kernel is to ask whether the other side is still there. */
    private static boolean isAskedFor(Socket connection) throws IOException {
        String ports =
                ":%04X [0-9A-F]+:%04X [0-9A-F]{2} \\S+ 02:".formatted(connection.getPort(), connection.getLocalPort());
        Pattern keepAlive = Pattern.compile(ports);
        for (Path table : List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"))) {
            if (Files.exists(table)
                    && keepAlive.matcher(Files.readString(table)).find()) {
                return true;
            }
        }
        return false;
    }

    private static EngineAddress at(ServerSocket server) {
        return new EngineAddress(
                URI.create("tcp://127.0.0.1:" + server.getLocalPort()), Optional.empty(), "", "the test");
    }

    /** Reads a request and breaks the connection off. */
    private static final class Cutting implements AutoCloseable {
        final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();
        private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

        Cutting() throws IOException {
            Thread.ofVirtual().start(this::work);
        }

        EngineAddress address() {
            return at(server);
        }

        private void work() {
            while (!server.isClosed()) {
                try (Socket connection = server.accept()) {
                    byte[] request = new byte[4096];
                    int length = connection.getInputStream().read(request);
                    if (length > 0) {
                        asked.add(new String(request, 0, length, StandardCharsets.ISO_8859_1));
                    }
                } catch (IOException e) {
                    // the test is over, or that connection is
                }
            }
        }

        @Override
        public void close() throws IOException {
            server.close(); // and with it the thread ends
        }
    }
}
