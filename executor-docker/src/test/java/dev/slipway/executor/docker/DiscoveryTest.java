package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.executor.core.PreflightFailure;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiscoveryTest {
    @TempDir
    private Path directory;

    @Test
    void takesDockerHostBeforeEverythingElse() throws Exception {
        Path socket = Files.createFile(directory.resolve("sock"));

        assertThat(find(Map.of("DOCKER_HOST", "unix:///own.sock"), socket))
                .isEqualTo(new EngineAddress(URI.create("unix:///own.sock"), Optional.empty(), "", "DOCKER_HOST"));
    }

    @Test
    void takesTheFirstUsualSocketThatExists() throws Exception {
        Path socket = Files.createFile(directory.resolve("sock"));

        assertThat(find(Map.of("DOCKER_CONTEXT", "far"), directory.resolve("missing"), socket)
                        .uri())
                .isEqualTo(URI.create("unix://" + socket));
    }

    @Test
    void aSocketsPathMayHoldWhatAnAddressMustNot() throws Exception {
        Path socket =
                Files.createFile(Files.createDirectory(directory.resolve("a b")).resolve("s%ck"));

        assertThat(find(Map.of(), socket).uri().getPath()).isEqualTo(socket.toString());
        assertThat(find(Map.of("DOCKER_HOST", "unix://" + socket)).uri().getPath())
                .isEqualTo(socket.toString());
    }

    @Test
    void takesTheContextThatIsNamed() throws Exception {
        context(
                "far",
                "{\"Endpoints\":{\"docker\":{\"Host\":\"tcp://far.example:2376\",\"SkipTLSVerify\":false}}}",
                true);

        EngineAddress address = find(Map.of("DOCKER_CONTEXT", "far"));

        assertThat(address.uri()).isEqualTo(URI.create("tcp://far.example:2376"));
        assertThat(address.tls().map(Tls::isVerified)).contains(true);
    }

    @Test
    void takesTheContextOfTheConfiguration() throws Exception {
        context("near", "{\"Endpoints\":{\"docker\":{\"Host\":\"unix:///near.sock\"}}}", false);
        Files.writeString(directory.resolve("config.json"), "{\"currentContext\":\"near\"}");

        assertThat(find(Map.of()))
                .isEqualTo(new EngineAddress(
                        URI.create("unix:///near.sock"), Optional.empty(), "", "the docker context 'near'"));
    }

    @Test
    void aCertificatePathTurnsTlsOnAndOnlyVerifyVerifies() throws Exception {
        Map<String, String> env = new HashMap<>(Map.of("DOCKER_HOST", "tcp://e.example", "DOCKER_CERT_PATH", "/certs"));

        assertThat(find(env))
                .isEqualTo(new EngineAddress(
                        URI.create("tcp://e.example:2376"),
                        Optional.of(new Tls(Path.of("/certs"), false)),
                        "",
                        "DOCKER_HOST"));
        env.put("DOCKER_TLS_VERIFY", "1");
        assertThat(find(env).tls()).contains(new Tls(Path.of("/certs"), true));
        assertThat(find(Map.of("DOCKER_HOST", "tcp://e.example")).uri()).isEqualTo(URI.create("tcp://e.example:2375"));
    }

    @Test
    void takesTheVersionOfTheApiThatIsNamed() throws Exception {
        Map<String, String> env =
                new HashMap<>(Map.of("DOCKER_HOST", "unix:///own.sock", "DOCKER_API_VERSION", "1.41"));
        assertThat(find(env).version()).isEqualTo("1.41");
        env.put("DOCKER_API_VERSION", "v1.41");
        assertThat(find(env).version()).isEqualTo("1.41");

        env.put("DOCKER_API_VERSION", "1.41/../v1.24");
        assertThatThrownBy(() -> find(env))
                .isInstanceOf(PreflightFailure.class)
                .hasMessage("DOCKER_API_VERSION is no version: '1.41/../v1.24'; it is one such as 1.41, or not set");
    }

    @Test
    void saysWhatToDoWhereThereIsNone() {
        assertThatThrownBy(() -> find(Map.of()))
                .isInstanceOf(PreflightFailure.class)
                .hasMessageContaining("install Docker");
        assertThatThrownBy(() -> find(Map.of("DOCKER_CONTEXT", "gone")))
                .hasMessageContaining("'gone' does not exist")
                .hasMessageContaining("docker context create");
        assertThatThrownBy(() -> find(Map.of("DOCKER_HOST", "ssh://host"))).hasMessageContaining("forward the socket");
    }

    private EngineAddress find(Map<String, String> env, Path... sockets) throws PreflightFailure {
        Map<String, String> all = new HashMap<>(env);
        all.put("DOCKER_CONFIG", directory.toString());
        return new Discovery(all, List.of(sockets)).find();
    }

    private void context(String name, String meta, boolean tls) throws Exception {
        String id = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8)));
        Path place = Files.createDirectories(directory.resolve("contexts/meta/" + id));
        Files.writeString(place.resolve("meta.json"), meta);
        if (tls) {
            Files.createDirectories(directory.resolve("contexts/tls/" + id + "/docker"));
        }
    }
}
