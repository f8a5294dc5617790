package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Started as the daemon that it takes the place of: its flags without a command, its file, its environment, its log lines. */
class DropInIT extends ControlPlaneTest {
    @Test
    void runsByTheDaemonsCommandLineFileAndEnvironment() throws Exception {
        Files.writeString(slipway.configure(), """
                worker_id: "my-worker"
                backend:
                  direct:
                    workspace_root: "%s"
                    oz_path: "%s"
                """.formatted(slipway.workspaces(), directory.resolve("oz")));
        int metrics = freePort();
        slipway.with("MY_SECRET", "of the host")
                .with("OTEL_METRICS_EXPORTER", "prometheus")
                .with("OTEL_EXPORTER_PROMETHEUS_HOST", "0.0.0.0")
                .with("OTEL_EXPORTER_PROMETHEUS_PORT", Integer.toString(metrics));
        Path log = directory.resolve("daemon.log");

        Process daemon = slipway.builder(
                        "--log-level=info",
                        "--config-file",
                        "worker.yaml",
                        "--api-key",
                        "wk-canary",
                        "--web-socket-url",
                        controlPlane.uri().toString(),
                        "-e",
                        "FOO=bar",
                        "-e",
                        "BAZ=q,ux",
                        "-e",
                        "MY_SECRET",
                        "--http-port",
                        "0")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            controlPlane.awaitConnection(1);
            assertThat(controlPlane.handshakes().getFirst().header("Authorization"))
                    .contains("Bearer wk-canary");
            assign("task", "echo \"$FOO $BAZ $MY_SECRET\" > '" + directory.resolve("seen") + "'");
            controlPlane.awaitCompleted("task");

            assertThat(directory.resolve("seen")).content().isEqualTo("bar q,ux of the host\n");
            assertThat(metrics(metrics)).contains("oz_worker_connected", "oz_worker_info{");
            for (String words :
                    List.of("Connecting to ws://", "Successfully connected to server", "Listening for tasks")) {
                await("the log to have " + words)
                        .atMost(Slipway.PATIENCE)
                        .until(() -> Files.readString(log).contains(words));
            }
        } finally {
            Slipway.signal(daemon.pid(), "TERM");
            assertThat(daemon.waitFor(Slipway.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .as(Files.readString(log))
                    .isTrue();
        }

        assertThat(daemon.exitValue()).as(Files.readString(log)).isZero();
        assertThat(controlPlane.closeCode()).hasValue(1000);
        assertThat(Files.readString(log)).doesNotContain("canary");
    }

    /** By an address that only a listener on all of them has. */
    private static String metrics(int port) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.2:%d/metrics".formatted(port)))
                                    .timeout(Slipway.PATIENCE)
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
