package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.executor.testkit.Watching;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CredentialsTest {
    private static final String AUTH =
            Base64.getEncoder().encodeToString("user:pass:word".getBytes(StandardCharsets.UTF_8));

    @TempDir
    private Path directory;

    @Test
    void readsUserAndPasswordOfARegistry() throws IOException {
        assertThat(header(
                        "registry.example:5000",
                        "{\"auths\":{\"registry.example:5000\":{\"auth\":\"%s\"}}}".formatted(AUTH)))
                .isEqualTo(
                        "{\"username\":\"user\",\"password\":\"pass:word\",\"serveraddress\":\"registry.example:5000\"}");
    }

    @Test
    void knowsDockerHubByItsOldAddress() throws IOException {
        assertThat(header(
                        "docker.io", "{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"%s\"}}}".formatted(AUTH)))
                .contains("\"user\"", "https://index.docker.io/v1/");
    }

    @Test
    void knowsARegistryByAnAddressWithScheme() throws IOException {
        assertThat(header(
                        "r.example", "{\"auths\":{\"https://r.example/v2/\":{\"username\":\"u\",\"password\":\"p\"}}}"))
                .contains("\"u\"");
    }

    @Test
    void prefersAnIdentityToken() throws IOException {
        assertThat(header(
                        "r.example",
                        "{\"auths\":{\"r.example\":{\"auth\":\"%s\",\"identitytoken\":\"t\"}}}".formatted(AUTH)))
                .isEqualTo("{\"identitytoken\":\"t\",\"serveraddress\":\"r.example\"}");
    }

    @Test
    void asksTheStoreThatIsNamed() throws IOException {
        helper("store", "read key; echo \"{\\\"Username\\\":\\\"u\\\",\\\"Secret\\\":\\\"$key $1\\\"}\"");

        assertThat(header("r.example", "{\"credsStore\":\"store\",\"auths\":{\"r.example\":{}}}"))
                .isEqualTo("{\"username\":\"u\",\"password\":\"r.example get\",\"serveraddress\":\"r.example\"}");
    }

    @Test
    void asksTheHelperOfTheRegistryBeforeTheStore() throws IOException {
        helper("store", "echo '{\"Username\":\"store\",\"Secret\":\"s\"}'");
        helper("own", "echo '{\"Username\":\"<token>\",\"Secret\":\"identity\"}'");

        assertThat(header("r.example", "{\"credsStore\":\"store\",\"credHelpers\":{\"r.example\":\"own\"}}"))
                .isEqualTo("{\"identitytoken\":\"identity\",\"serveraddress\":\"r.example\"}");
    }

    @Test
    void aHelperThatHasNothingLeavesTheConfiguration() throws IOException {
        helper("store", "echo 'credentials not found in native keychain'; exit 1");

        assertThat(header(
                        "r.example",
                        "{\"credsStore\":\"store\",\"auths\":{\"r.example\":{\"auth\":\"%s\"}}}".formatted(AUTH)))
                .contains("\"user\"");
    }

    @Test
    void aHelperThatAnswersWithNothingLeavesTheConfiguration() throws IOException {
        for (String answer : List.of(":", "echo '{}'", "echo '{\"Username\":\"\",\"Secret\":\"\"}'")) {
            helper("store", answer);

            assertThat(header("r.example", "{\"credsStore\":\"store\"}")).isEmpty();
            assertThat(header(
                            "r.example",
                            "{\"credsStore\":\"store\",\"auths\":{\"r.example\":{\"auth\":\"%s\"}}}".formatted(AUTH)))
                    .contains("\"user\"");
        }
    }

    @Test
    void aHelperThatHangsIsEndedWithWhatItHasStarted() throws IOException {
        Path child = directory.resolve("child");
        helper("store", "sleep 300 & echo $! > %s; wait".formatted(child));

        assertThat(new CredentialHelpers(path(), Duration.ofSeconds(1)).get("docker-credential-store", "r.example"))
                .isEmpty();

        await().atMost(Watching.PATIENCE)
                .until(() -> ProcessHandle.of(
                                Long.parseLong(Files.readString(child).strip()))
                        .filter(ProcessHandle::isAlive)
                        .isEmpty());
    }

    @Test
    void aHelperThatLeavesSomethingRunningIsNotWaitedForLonger() throws Exception {
        Path child = directory.resolve("child");
        helper("store", "sleep 300 & echo $! > %s; echo '{\"Username\":\"u\",\"Secret\":\"s\"}'".formatted(child));

        assertThat(new CredentialHelpers(path(), Watching.PATIENCE).get("docker-credential-store", "r.example"))
                .isPresent();

        ProcessHandle.of(Long.parseLong(Files.readString(child).strip())).ifPresent(ProcessHandle::destroyForcibly);
    }

    @Test
    void aHelperThatPrintsABareSecretIsNotQuoted() throws IOException {
        helper("store", "echo canary-token");

        assertThat(header("r.example", "{\"credsStore\":\"store\"}")).isEmpty();
        assertThatThrownBy(() -> CredentialHelpers.read("canary-token".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IOException.class)
                .hasMessageNotContaining("canary")
                .hasNoCause();
    }

    @Test
    void takesNoHelperThatIsNoProgramsName() throws IOException {
        assertThat(header("r.example", "{\"credsStore\":\"../../bin/x\"}")).isEmpty();
    }

    @Test
    void withoutCredentialsThereAreNone() throws IOException {
        assertThat(header("r.example", "{\"auths\":{\"other.example\":{\"auth\":\"%s\"}}}".formatted(AUTH)))
                .isEmpty();
        assertThat(header("r.example", "{broken")).isEmpty();
        assertThat(new Credentials(Optional.empty(), new CredentialHelpers(Map.of())).header("r.example"))
                .isEmpty();
    }

    private String header(String registry, String config) throws IOException {
        Path file = Files.writeString(directory.resolve("config.json"), config);
        String header = new Credentials(Optional.of(file), new CredentialHelpers(path())).header(registry);
        return new String(Base64.getUrlDecoder().decode(header), StandardCharsets.UTF_8);
    }

    private Map<String, String> path() {
        return Map.of("PATH", directory + ":/usr/bin:/bin");
    }

    private void helper(String name, String script) throws IOException {
        Path file = Files.writeString(directory.resolve("docker-credential-" + name), "#!/bin/sh\n" + script + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}
