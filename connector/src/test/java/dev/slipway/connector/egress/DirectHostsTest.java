package dev.slipway.connector.egress;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules of Go's programs for NO_PROXY, one row each. */
class DirectHostsTest {
    @ParameterizedTest(name = "{0} covers {1}:{2}: {3}")
    @CsvSource({
        "'', oz.test, 443, false",
        "'', localhost, 443, true",
        "'', 127.0.0.1, 443, true",
        "'', 127.9.9.9, 443, true",
        "'', ::1, 443, true",
        "'*', oz.test, 443, true",
        "'a.test, *', oz.test, 443, true",
        "oz.test, oz.test, 443, true",
        "oz.test, OZ.Test, 443, true",
        "' OZ.test ,', oz.test, 443, true",
        "oz.test, eu.oz.test, 443, true",
        "oz.test, foz.test, 443, false",
        "oz.test, oz.test.evil, 443, false",
        ".oz.test, eu.oz.test, 443, true",
        ".oz.test, oz.test, 443, false",
        "*.oz.test, a.eu.oz.test, 443, true",
        "*.oz.test, oz.test, 443, false",
        "oz.test:443, oz.test, 443, true",
        "oz.test:8443, oz.test, 443, false",
        ".oz.test:443, eu.oz.test, 443, true",
        ".oz.test:8443, eu.oz.test, 443, false",
        "'a.test,oz.test', oz.test, 443, true",
        "10.1.2.3, 10.1.2.3, 443, true",
        "10.1.2.3, 10.1.2.4, 443, false",
        "10.1.2.3:443, 10.1.2.3, 443, true",
        "10.1.2.3:80, 10.1.2.3, 443, false",
        "10.0.0.0/8, 10.255.0.1, 443, true",
        "10.0.0.0/8, 11.0.0.1, 443, false",
        "10.1.2.255/23, 10.1.3.1, 443, true",
        "10.1.2.255/23, 10.1.4.1, 443, false",
        "0.0.0.0/0, 8.8.8.8, 443, true",
        "10.0.0.0/33, 10.0.0.1, 443, false",
        "10.0.0.0/8, oz.test, 443, false",
        "10, 10.0.0.1, 443, false",
        "fd00::1, fd00:0::1, 443, true",
        "[fd00::1]:443, fd00::1, 443, true",
        "[fd00::1]:80, fd00::1, 443, false",
        "fd00::/8, fdff::2, 443, true",
        "fd00::/8, fe00::2, 443, false",
        "10.0.0.0/8, fd00::1, 443, false",
        "':443', oz.test, 443, false",
    })
    void followsTheRule(String noProxy, String host, int port, boolean isDirect) {
        assertThat(DirectHosts.parse(noProxy).covers(host, port)).isEqualTo(isDirect);
    }
}
