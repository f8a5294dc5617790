package dev.slipway.connector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.connector.egress.Surroundings;
import dev.slipway.protocol.SecretValue;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessEnvironmentTest {
    @ParameterizedTest
    @ValueSource(strings = {"plain", "$$ca${na}ry\\$", "${HTTPS_PROXY}", "a\\\\b", "${", "a,b "})
    void takesAValueLetterByLetter(String value) {
        assertThat(environment(Map.of("HTTPS_PROXY", value)).variable("HTTPS_PROXY"))
                .contains(SecretValue.of(value));
    }

    @Test
    void namesEverythingOnTheWayOut() {
        assertThat(surroundings(Map.of(
                        "HTTPS_PROXY", "http://u:p@secure:1",
                        "HTTP_PROXY", "http://plain:2",
                        "NO_PROXY", "a,b",
                        "SSL_CERT_FILE", "/authority.pem",
                        "SSL_CERT_DIR", "/a:/b")))
                .isEqualTo(new Surroundings(
                        Optional.of(SecretValue.of("http://u:p@secure:1")),
                        Optional.of(SecretValue.of("http://plain:2")),
                        Optional.of("a,b"),
                        Optional.of(Path.of("/authority.pem")),
                        Optional.of("/a:/b")));
    }

    @Test
    void needsNoVariable() {
        assertThat(surroundings(Map.of("SSL_CERT_FILE", "", "SSL_CERT_DIR", "")))
                .isEqualTo(new Surroundings(
                        Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty()));
    }

    @Test
    void takesTheSpellingInSmallLettersWhereTheOtherIsUnsetOrEmpty() {
        Surroundings surroundings = surroundings(Map.of(
                "HTTPS_PROXY", "",
                "https_proxy", "http://secure:1",
                "http_proxy", "http://plain:2",
                "no_proxy", "a",
                "NO_PROXY", "b"));

        assertThat(surroundings.httpsProxy()).contains(SecretValue.of("http://secure:1"));
        assertThat(surroundings.httpProxy()).contains(SecretValue.of("http://plain:2"));
        assertThat(surroundings.noProxy()).contains("b");
    }

    private static Surroundings surroundings(Map<String, String> variables) {
        return Surroundings.of(environment(variables)::variable);
    }

    private static ProcessEnvironment environment(Map<String, String> variables) {
        return new ProcessEnvironment(new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withSources(new EnvConfigSource(variables, 300))
                .build());
    }
}
