package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code up} refuses before it starts anything, and what it tells the services; none is installed here. */
class UpCommandTest {
    @TempDir
    private Path directory;

    private TestHost host;

    @BeforeEach
    void prepare() {
        host = new TestHost(directory);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--backend command | --backend command does not exist in Slipway",
                "--backend moon | --backend moon is unknown",
                "--api-key k | worker-id is required (via --worker-id flag or config file)",
                "--api-key k --backend direct | worker-id is required (via --worker-id flag or config file)",
                "--api-key k --backend direct --worker-id w | no 'oz' on PATH",
                "--worker-id warp-1 | invalid worker-id: values starting with 'warp' are reserved and cannot be used",
                "-v /a:/b | -v/--volumes: only for the docker backend",
                "-e =x --backend direct | -e/--env: the variable's name is empty",
                "--log-level loud | loud",
                "--http-port 70000 | --http-port: 70000 is not a port",
                "--config-file none.yaml | none.yaml: no such file",
                "surplus | surplus"
            })
    void refusesInWords(String flags, String words) {
        assertThat(host.run(("up " + flags).split(" "))).isEqualTo(1);
        assertThat(host.err()).contains(words);
        assertThat(directory.resolve("state/settings.yaml")).doesNotExist();
    }

    @Test
    void reportsEveryErrorOfTheFile() throws IOException {
        Files.writeString(directory.resolve("worker.yaml"), "a: 1\nb: 2\n");

        assertThat(host.run("up", "--config-file", "worker.yaml")).isEqualTo(1);
        assertThat(host.err()).contains("line 1: a: unknown key", "line 2: b: unknown key");
    }

    @Test
    void readsTheApiKeyFromTheEnvironment() {
        host.environment().put("WARP_API_KEY", "canary");

        assertThat(host.run("up", "--backend", "direct")).isEqualTo(1);
        assertThat(host.err()).contains("worker-id is required").doesNotContain("canary");
    }

    @Test
    void writesTheEffectiveSettingsForTheServices() throws IOException {
        host.environment().put("INHERITED", "from the host");
        Files.writeString(
                directory.resolve("worker.yaml"), "max_concurrent_tasks: 2\nbackend: {direct: {workspace_root: w}}\n");

        host.run("up", "--config-file", "worker.yaml", "--max-concurrent-tasks", "5", "-e", "A=1,2", "-e", "INHERITED");

        assertThat(Files.readString(directory.resolve("state/settings.yaml")))
                .contains("max_concurrent_tasks: 5")
                .contains("workspace_root: " + directory.resolve("w"))
                .contains("name: A", "value: 1,2")
                .contains("name: INHERITED", "value: from the host");
    }

    @Test
    void everyFlagFindsItsSetting() throws IOException {
        host.environment().put("HOME", directory.toString());
        Files.writeString(directory.resolve("worker.yaml"), "worker_id: file\nidle_on_complete: 1m\n");

        host.run(
                "up",
                "--config-file",
                "~/worker.yaml",
                "--backend",
                "direct",
                "--worker-id",
                "flag",
                "--target-dir",
                "shared",
                "--no-cleanup",
                "--idle-on-complete",
                "five minutes",
                "--max-concurrent-tasks",
                "1",
                "--max-concurrent-tasks",
                "3");

        assertThat(Files.readString(directory.resolve("state/settings.yaml")))
                .contains(
                        "worker_id: flag",
                        "target_dir: " + directory.resolve("shared"),
                        "cleanup: false",
                        "idle_on_complete: five minutes",
                        "max_concurrent_tasks: 3");
    }

    @Test
    void localWorkNeedsNoRightsOutsideTheStateDirectory() throws IOException {
        host.run("up");

        assertThat(Files.readString(directory.resolve("state/settings.yaml")))
                .contains("workspace_root: " + directory.resolve("state/workspaces"));
    }

    @Test
    void aWorkerUsesDockerWhereNothingIsSaid() throws IOException {
        host.run("up", "--api-key", "k", "--worker-id", "w", "-v", "/a:/b:ro", "-e", "A=1");

        assertThat(Files.readString(directory.resolve("state/settings.yaml")))
                .contains("  docker:", "/a:/b:ro", "name: A");
    }

    @Test
    void aWorkerOfAClusterNeedsNoAgentOnThisHost() throws IOException {
        host.run("up", "--api-key", "k", "--worker-id", "w", "--backend", "kubernetes", "-v", "/a:/b", "-e", "A=1");

        assertThat(Files.readString(directory.resolve("state/settings.yaml")))
                .contains("  kubernetes:", "name: A")
                .doesNotContain("/a:/b");
        assertThat(host.err()).contains("-v/--volumes is for the docker backend only, and is ignored");
    }

    @Test
    void theBackendOfTheFlagHasTheReferencesDefaults() throws IOException {
        host.run("up", "--backend", "direct");

        assertThat(Files.readString(directory.resolve("state/settings.yaml")))
                .contains("workspace_root: /var/lib/oz/workspaces");
    }
}
