package dev.slipway.connector.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.protocol.SecretValue;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyAddressTest {
    @ParameterizedTest
    @CsvSource({
        "http://proxy.test:3128, proxy.test, 3128",
        "' http://proxy.test:3128/ ', proxy.test, 3128",
        "HTTP://proxy.test, proxy.test, 80",
        "proxy.test:3128, proxy.test, 3128",
        "proxy_1, proxy_1, 80",
        "http://10.1.2.3:1, 10.1.2.3, 1",
        "http://[fd00::1]:3128, fd00::1, 3128",
    })
    void readsTheUrl(String url, String host, int port) throws EgressFault {
        assertThat(ProxyAddress.parse("HTTPS_PROXY", SecretValue.of(url)))
                .isEqualTo(new ProxyAddress(host, port, Optional.empty()));
    }

    @ParameterizedTest
    @CsvSource({
        "http://me:canary@proxy.test:1, me:canary",
        "me:canary@proxy.test:1, me:canary",
        "http://me@proxy.test:1, me:",
        "http://m%40e:c%3Aa+n%2Fary:x@proxy.test:1, m@e:c:a+n/ary:x",
    })
    void keepsUserAndPasswordToItself(String url, String credentials) throws EgressFault {
        ProxyAddress proxy = ProxyAddress.parse("HTTPS_PROXY", SecretValue.of(url));

        assertThat(proxy.authorization().orElseThrow().reveal())
                .isEqualTo("Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)));
        assertThat(proxy.toString())
                .doesNotContain(proxy.authorization().orElseThrow().reveal());
        assertThat(proxy.shown()).isEqualTo("proxy.test:1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://",
                "http://canary:p@ss@proxy.test:3128",
                "http://canary:p/ss@proxy.test:3128",
                "http://canary:%zz@proxy.test",
                "http://canary.test:port",
                "http://canary.test:0",
                "http://canary.test:65536",
                "http://canary .test",
            })
    void refusesWhatIsNoUrlWithoutShowingIt(String url) {
        assertThatThrownBy(() -> ProxyAddress.parse("HTTPS_PROXY", SecretValue.of(url)))
                .isInstanceOf(EgressFault.class)
                .hasMessageContaining("HTTPS_PROXY")
                .hasMessageNotContaining("canary");
    }

    @Test
    void namesTheKindsOfProxyItCannotUse() {
        assertThatThrownBy(() -> ProxyAddress.parse("HTTP_PROXY", SecretValue.of("socks5://proxy.test:1080")))
                .isInstanceOf(EgressFault.class)
                .hasMessageStartingWith(
                        "HTTP_PROXY names a proxy of the kind socks5://, and only http:// is supported");
    }
}
