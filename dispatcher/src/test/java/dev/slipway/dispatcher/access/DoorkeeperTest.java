package dev.slipway.dispatcher.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DoorkeeperTest {
    private record Config(Optional<String> internalToken, Optional<String> apiToken, Optional<Set<String>> allowedHosts)
            implements AccessConfig {}

    private final Doorkeeper doorkeeper = new Doorkeeper(
            new Config(Optional.of("internal"), Optional.of("public"), Optional.of(Set.of("Build.Example"))));

    private Optional<Integer> status(@Nullable String host, String path, @Nullable String authorization) {
        return doorkeeper.check(host, path, authorization).map(Refusal::status);
    }

    @ParameterizedTest
    @CsvSource({"/internal/v1/tasks,internal", "/api/v1/tasks,public", "/,public", "/internal,public"})
    void letsInWhoHasTheTokenOfThePath(String path, String token) {
        assertThat(status("localhost", path, "Bearer " + token)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"/internal/v1/tasks,public", "/api/v1/tasks,internal", "/api/v1/openapi,internal", "/,internal"})
    void refusesTheOtherToken(String path, String token) {
        assertThat(status("localhost", path, "Bearer " + token)).contains(401);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/internal;x/v1/tasks", "/api/v1/tasks;x=y", "/api;/v1/tasks"})
    void refusesParametersWithinAPath(String path) {
        assertThat(status("localhost", path, "Bearer public")).contains(400);
        assertThat(status("localhost", path, "Bearer internal")).contains(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer", "Bearer ", "Bearer publi", "Bearer publicc", "Basic public", "public"})
    void refusesWhatIsNotTheToken(String authorization) {
        assertThat(status("localhost", "/api/v1/tasks", authorization)).contains(401);
    }

    @Test
    void refusesACallWithoutToken() {
        assertThat(status("localhost", "/api/v1/tasks", null)).contains(401);
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LOCALHOST", "127.0.0.1", "::1", "[::1]", "build.example", "BUILD.example"})
    void answersUnderLoopbackNamesAndThoseThatAreAllowed(String host) {
        assertThat(status(host, "/api/v1/tasks", "Bearer public")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "localhost.evil.example", "0.0.0.0", ""})
    void refusesAForeignHostEvenWithTheToken(String host) {
        assertThat(status(host, "/api/v1/tasks", "Bearer public")).contains(421);
    }

    @Test
    void refusesACallWithoutHost() {
        assertThat(status(null, "/api/v1/tasks", "Bearer public")).contains(421);
    }

    @Test
    void saysWhichTokenIsMissing() {
        assertThatThrownBy(() -> new Doorkeeper(new Config(Optional.of("x"), Optional.of(" "), Optional.empty())))
                .hasMessageContaining("SLIPWAY_API_TOKEN");
        assertThatThrownBy(() -> new Doorkeeper(new Config(Optional.empty(), Optional.of("x"), Optional.empty())))
                .hasMessageContaining("SLIPWAY_INTERNAL_TOKEN");
    }
}
