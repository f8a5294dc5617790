package dev.slipway.connector.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.protocol.SecretValue;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "wss://oz.test/ws, '', secure:1",
        "WSS://oz.test/ws, '', secure:1",
        "ws://oz.test/ws, '', plain:2",
        "wss://oz.test/ws, oz.test, ''",
        "wss://oz.test/ws, oz.test:443, ''",
        "ws://oz.test/ws, oz.test:80, ''",
        "ws://oz.test:8080/ws, oz.test:80, plain:2",
        "wss://127.0.0.1:1/ws, '', ''",
        "wss://[::1]:1/ws, '', ''",
        "wss://[fd00::1]:1/ws, 'fd00::/8', ''",
    })
    void takesTheProxyForTheKindOfServer(String server, String noProxy, String proxy) throws EgressFault {
        Route route = Route.to(
                URI.create(server),
                new Surroundings(
                        Optional.of(SecretValue.of("http://secure:1")),
                        Optional.of(SecretValue.of("http://plain:2")),
                        Optional.of(noProxy),
                        Optional.empty(),
                        Optional.empty()));

        assertThat(route.proxy().map(ProxyAddress::shown).orElse("")).isEqualTo(proxy);
    }

    @Test
    void needsNothingOfTheSurroundings() throws EgressFault {
        Route route = Route.to(URI.create("ws://oz.test/ws"), trusting(Optional.empty(), Optional.empty()));

        assertThat(route.proxy()).isEmpty();
        assertThat(route.trust()).isEmpty();
    }

    @Test
    void saysWhyTheCertificatesCannotBeRead() throws IOException {
        Path empty = Files.writeString(directory.resolve("empty.pem"), "-----BEGIN CERTIFICATE-----\ncanary\n");

        assertThatThrownBy(() -> secure(directory.resolve("missing.pem")))
                .isInstanceOf(EgressFault.class)
                .hasMessageContainingAll("SSL_CERT_FILE", "missing.pem", "no such file", "unset it");
        assertThatThrownBy(() -> secure(empty))
                .isInstanceOf(EgressFault.class)
                .hasMessageContaining("no certificate in it")
                .hasMessageNotContaining("canary");
        assertThatThrownBy(() -> secure(directory)).isInstanceOf(EgressFault.class);
    }

    @Test
    void readsNoCertificatesForAServerWithoutTls() throws EgressFault {
        assertThat(Route.to(
                                URI.create("ws://oz.test/ws"),
                                trusting(Optional.of(directory.resolve("missing.pem")), Optional.empty()))
                        .trust())
                .isEmpty();
    }

    private static Route secure(Path certificates) throws EgressFault {
        return Route.to(URI.create("wss://oz.test/ws"), trusting(Optional.of(certificates), Optional.empty()));
    }

    private static Surroundings trusting(Optional<Path> file, Optional<String> directories) {
        return new Surroundings(Optional.empty(), Optional.empty(), Optional.empty(), file, directories);
    }
}
