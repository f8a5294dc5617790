package dev.slipway.executor.docker;

import static dev.slipway.executor.testkit.Watching.awaitEnd;
import static dev.slipway.executor.testkit.Watching.code;
import static dev.slipway.executor.testkit.Watching.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.executor.core.PreflightFailure;
import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.testkit.DockerEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An engine that is reached by TLS, and wants to know who calls. */
class TlsEngineIT {
    private static final String OPENSSL = "/usr/bin/openssl";

    @TempDir
    private static Path certificates;

    @TempDir
    private Path home;

    private static @Nullable DockerEngine engine;
    private static String host = "";

    @BeforeAll
    static void start() throws Exception {
        TestEngine.assumePossible("TlsEngineIT");
        TestEngine.assumeNone(
                "TlsEngineIT",
                Files.isExecutable(Path.of(OPENSSL))
                        ? Optional.empty()
                        : Optional.of("%s is missing: apt-get install openssl".formatted(OPENSSL)));
        authority("ca");
        authority("other-ca");
        certificate("server", "ca", "serverAuth");
        certificate("cert", "ca", "clientAuth");
        certificate("stranger", "other-ca", "clientAuth");
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        host = "tcp://127.0.0.1:" + port;
        engine = DockerEngine.start(
                Files.createTempDirectory("sw-tls"),
                "--host=" + host,
                "--tlsverify",
                "--tlscacert=" + certificates.resolve("ca.pem"),
                "--tlscert=" + certificates.resolve("server.pem"),
                "--tlskey=" + certificates.resolve("server-key.pem"));
        engine.makeImage(TestEngine.IMAGE, _ -> {});
    }

    @AfterAll
    static void stop() throws Exception {
        if (engine != null) {
            engine.close();
        }
    }

    @Test
    void runsTasksWithTheCertificatesOfTheEnvironment() throws Exception {
        Path directory = directory("ca", "cert");
        RunId run = new RunId("9d3f0c1e-4e0f-4a53-8d57-0f4c0f3d1f22", new ExecutionKey("tls", 1));
        try (DockerBackend backend = backend(
                Map.of("DOCKER_HOST", host, "DOCKER_CERT_PATH", directory.toString(), "DOCKER_TLS_VERIFY", "1"))) {
            backend.preflight();

            backend.start(run, TestEngine.task("echo by TLS; exit 3"), _ -> {});

            assertThat(code(awaitEnd(backend, run))).isEqualTo(3);
            assertThat(output(backend, run)).isEqualTo("by TLS\n");
            backend.forget(run);
        }
    }

    @Test
    void findsTheCertificatesOfAContext() throws Exception {
        String id = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest("far".getBytes(StandardCharsets.UTF_8)));
        Path config = home.resolve(".docker");
        Path meta = Files.createDirectories(config.resolve("contexts/meta").resolve(id));
        Files.writeString(
                meta.resolve("meta.json"),
                "{\"Name\":\"far\",\"Endpoints\":{\"docker\":{\"Host\":\"%s\",\"SkipTLSVerify\":false}}}"
                        .formatted(host));
        Path tls = Files.createDirectories(
                config.resolve("contexts/tls").resolve(id).resolve("docker"));
        copy(tls, "ca", "cert");

        try (DockerBackend backend = backend(Map.of("HOME", home.toString(), "DOCKER_CONTEXT", "far"))) {
            backend.preflight();

            assertThat(backend.description()).contains(host, "the docker context 'far'");
        }
    }

    @Test
    void saysWhatIsWrongWithTheWayToTheEngine() throws Exception {
        refused(Map.of("DOCKER_HOST", host), "the engine wants TLS: set DOCKER_CERT_PATH");
        refused(verifying(directory("ca", "stranger")), "see that it accepts the certificate");
        refused(verifying(directory("other-ca", "cert")), "the engine's certificate is not signed by");
        refused(verifying(Files.createDirectory(home.resolve("empty"))), "the engine's certificate is not signed by");
    }

    @Test
    void saysThatAnEngineDoesNotSpeakTls() throws Exception {
        try (ServerSocket plain = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread answering = Thread.ofVirtual().start(() -> answerAsAnEngineWithoutTls(plain));
            Map<String, String> env = new HashMap<>(verifying(directory("ca", "cert")));
            env.put("DOCKER_HOST", "tcp://127.0.0.1:" + plain.getLocalPort());

            refused(env, "the engine does not speak TLS: unset DOCKER_CERT_PATH");
            answering.join();
        }
    }

    private static void answerAsAnEngineWithoutTls(ServerSocket server) {
        try (Socket socket = server.accept()) {
            socket.getOutputStream()
                    .write(
                            "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n400 Bad Request"
                                    .getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            socket.getInputStream().readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void refused(Map<String, String> env, String words) throws Exception {
        try (DockerBackend backend = backend(env)) {
            assertThatThrownBy(backend::preflight)
                    .isInstanceOf(PreflightFailure.class)
                    .hasMessageContaining(words);
        }
    }

    private static Map<String, String> verifying(Path directory) {
        return Map.of("DOCKER_HOST", host, "DOCKER_CERT_PATH", directory.toString(), "DOCKER_TLS_VERIFY", "1");
    }

    private static DockerBackend backend(Map<String, String> env) {
        return new DockerBackend(
                "executor-tls",
                0,
                TestEngine.config(TestEngine.localImages()),
                new Discovery(env, List.of()),
                Clock.systemUTC(),
                Engine.Patience.USUAL);
    }

    private Path directory(String authority, String client) throws IOException {
        Path directory = Files.createDirectory(home.resolve(authority + "-" + client));
        copy(directory, authority, client);
        return directory;
    }

    /** As the engine's own client names them. */
    private static void copy(Path directory, String authority, String client) throws IOException {
        Files.copy(certificates.resolve(authority + ".pem"), directory.resolve("ca.pem"));
        Files.copy(certificates.resolve(client + ".pem"), directory.resolve("cert.pem"));
        Files.copy(certificates.resolve(client + "-key.pem"), directory.resolve("key.pem"));
    }

    private static void authority(String name) throws Exception {
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name)
                .with("-keyout", name + "-key.pem", "-out", name + ".pem")
                .run();
    }

    private static void certificate(String name, String authority, String use) throws Exception {
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + name)
                .with("-keyout", name + "-key.pem", "-out", name + ".csr")
                .run();
        Files.writeString(
                certificates.resolve(name + ".ext"), "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=" + use + "\n");
        openssl("x509", "-req", "-days", "2", "-in", name + ".csr", "-extfile", name + ".ext")
                .with("-CA", authority + ".pem", "-CAkey", authority + "-key.pem", "-CAcreateserial")
                .with("-out", name + ".pem")
                .run();
    }

    private static OpenSsl openssl(String... arguments) {
        return new OpenSsl(new ArrayList<>(List.of(OPENSSL))).with(arguments);
    }

    private record OpenSsl(List<String> command) {
        OpenSsl with(String... arguments) {
            command.addAll(List.of(arguments));
            return this;
        }

        void run() throws Exception {
            Process process = new ProcessBuilder(command)
                    .directory(certificates.toFile())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as("%s: %s", command, said).isZero();
        }
    }
}
