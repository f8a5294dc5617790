package dev.slipway.connector.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.connector.egress.EgressFault;
import dev.slipway.connector.egress.Route;
import dev.slipway.connector.egress.Surroundings;
import dev.slipway.connector.link.Connection.DialFailure;
import dev.slipway.connector.wire.RawFrame;
import dev.slipway.protocol.SecretValue;
import dev.slipway.testkit.FakeControlPlane;
import dev.slipway.testkit.TlsIdentity;
import dev.slipway.testkit.TunnelProxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dials on every way that the environment can name. */
class EgressTest {
    private static final Duration PATIENCE = FakeControlPlane.PATIENCE;
    private static final String HOST = "control-plane.test";

    /** Of {@code user} and {@code canary}. */
    private static final String CREDENTIALS = "Basic dXNlcjpjYW5hcnk=";

    @TempDir
    static Path directory;

    private static TlsIdentity identity;

    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeAll
    static void makeIdentity() {
        identity = TlsIdentity.create(directory, "localhost", HOST);
    }

    @AfterEach
    void tearDown() throws Exception {
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
    }

    @Test
    void trustsTheCertificatesOfTheFile() throws Exception {
        FakeControlPlane server = keep(FakeControlPlane.start(identity));

        dial(server.uri(), trusting(Optional.of(identity.certificate()), Optional.empty()));
        server.awaitConnection(1);
    }

    @Test
    void trustsTheCertificatesOfTheDirectories() throws Exception {
        FakeControlPlane server = keep(FakeControlPlane.start(identity));
        Path authorities = Files.createDirectories(directory.resolve("authorities"));
        Files.copy(identity.certificate(), authorities.resolve("one.pem"));

        dial(server.uri(), trusting(Optional.empty(), Optional.of("/nowhere:" + authorities)));
        server.awaitConnection(1);
    }

    @Test
    void trustsNoOtherAuthority() {
        FakeControlPlane server = keep(FakeControlPlane.start(identity));

        assertThatThrownBy(() -> dial(server.uri(), trusting(Optional.empty(), Optional.empty())))
                .isInstanceOf(DialFailure.class)
                .hasMessageContaining("SSL_CERT_FILE");
    }

    @Test
    void goesThroughTheProxyToAPlainServer() throws Exception {
        FakeControlPlane server = keep(FakeControlPlane.start());
        TunnelProxy proxy = keep(TunnelProxy.start().knows(HOST + ":81", server.port()));

        dial(URI.create("ws://" + HOST + ":81/ws"), proxied(Optional.empty(), "http://127.0.0.1:" + proxy.port()));
        server.awaitConnection(1);
        assertThat(proxy.asked()).containsExactly(HOST + ":81");
        assertThat(server.handshakes().getFirst().header("Authorization")).contains("Bearer key-canary");
        assertThat(proxy.heads()).noneMatch(head -> head.contains("key-canary"));
    }

    @Test
    void tellsTheProxyAloneItsUserAndPassword() throws Exception {
        FakeControlPlane server = keep(FakeControlPlane.start(identity));
        TunnelProxy proxy = keep(TunnelProxy.start(CREDENTIALS).knows(HOST + ":443", server.port()));

        dial(
                URI.create("wss://" + HOST + "/ws"),
                proxied(Optional.of(identity.certificate()), "http://user:canary@127.0.0.1:" + proxy.port()));
        server.awaitConnection(1);
        assertThat(server.handshakes().getFirst().header("Proxy-Authorization")).isEmpty();
    }

    @Test
    void saysThatTheProxyRefusesTheUser() {
        TunnelProxy proxy = keep(TunnelProxy.start(CREDENTIALS));

        assertThatThrownBy(() -> dial(
                        URI.create("wss://" + HOST + "/ws"),
                        proxied(Optional.empty(), "http://user:other-canary@127.0.0.1:" + proxy.port())))
                .isInstanceOfSatisfying(
                        DialFailure.class,
                        failure -> assertThat(failure.status()).isNotIn(401, 403))
                .hasMessageContainingAll("127.0.0.1:" + proxy.port(), "the proxy wants another user or password")
                .hasMessageNotContaining("canary");
    }

    @Test
    void blamesTheProxyForItsOwnRefusal() {
        TunnelProxy proxy = keep(TunnelProxy.start());

        assertThatThrownBy(() -> dial(
                        URI.create("wss://" + HOST + "/ws"),
                        proxied(Optional.empty(), "http://127.0.0.1:" + proxy.port())))
                .isInstanceOfSatisfying(
                        DialFailure.class,
                        failure -> assertThat(failure.status()).isZero())
                .hasMessageContainingAll("through the proxy", "403");
    }

    private void dial(URI server, Surroundings surroundings) throws EgressFault, DialFailure, InterruptedException {
        Route route = Route.to(server, surroundings);
        HttpClient http = keep(route.applyTo(HttpClient.newBuilder()).build());
        Connection connection = Connection.dial(
                http,
                LinkSettings.of(
                        server,
                        "worker-1",
                        SecretValue.of("key-canary"),
                        route.proxy(),
                        new Timing(PATIENCE, PATIENCE, PATIENCE, PATIENCE)),
                new NoEvents());
        open.add(() -> connection.abort("the test is over"));
    }

    private <T extends AutoCloseable> T keep(T resource) {
        open.add(resource);
        return resource;
    }

    private static Surroundings trusting(Optional<Path> file, Optional<String> directories) {
        return new Surroundings(Optional.empty(), Optional.empty(), Optional.empty(), file, directories);
    }

    private static Surroundings proxied(Optional<Path> certificates, String proxy) {
        return new Surroundings(
                Optional.of(SecretValue.of(proxy)),
                Optional.of(SecretValue.of(proxy)),
                Optional.empty(),
                certificates,
                Optional.empty());
    }

    private record NoEvents() implements Connection.Events {
        @Override
        public void heard() {}

        @Override
        public void message(RawFrame frame, Runnable more) {
            more.run();
        }

        @Override
        public void pong(String payload) {}

        @Override
        public void overloaded(String why) {}

        @Override
        public void lost() {}
    }
}
