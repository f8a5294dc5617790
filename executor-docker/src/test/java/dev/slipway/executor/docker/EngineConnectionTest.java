package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

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

    /** Reads a request and breaks the connection off. */
    private static final class Cutting implements AutoCloseable {
        final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();
        private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

        Cutting() throws IOException {
            Thread.ofVirtual().start(this::work);
        }

        EngineAddress address() {
            return new EngineAddress(
                    URI.create("tcp://127.0.0.1:" + server.getLocalPort()), Optional.empty(), "the test");
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
