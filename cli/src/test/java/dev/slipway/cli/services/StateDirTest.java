package dev.slipway.cli.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.cli.CliFailure;
import dev.slipway.cli.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateDirTest {
    @TempDir
    private Path temp;

    private StateDir dir;

    @BeforeEach
    void prepare() {
        dir = new StateDir(temp.resolve("deep/state"));
        dir.prepare();
    }

    @Test
    void isByDefaultWhereTheXdgSpecificationSays() {
        assertThat(StateDir.usual(Map.of("XDG_STATE_HOME", "/x", "HOME", "/home/u"))
                        .path())
                .isEqualTo(Path.of("/x/slipway"));
        assertThat(StateDir.usual(Map.of("HOME", "/home/u")).path()).isEqualTo(Path.of("/home/u/.local/state/slipway"));
        assertThat(StateDir.usual(Map.of("XDG_STATE_HOME", "relative", "HOME", "/home/u"))
                        .path())
                .isEqualTo(Path.of("/home/u/.local/state/slipway"));
    }

    @Test
    void onlyItsOwnerCanReadWhatItHolds() throws IOException {
        dir.write(LaunchPlanTest.remembered());
        dir.writeSettings("cleanup: true\n");
        dir.openLog(ServiceName.DISPATCHER);
        try (var _ = dir.lockServices();
                var files = Files.walk(dir.path())) {
            assertThat(files.toList())
                    .hasSizeGreaterThan(6)
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .endsWith("------"));
        }
    }

    @Test
    void takesRightsAwayFromADirectoryThatOthersCouldRead() throws IOException {
        Files.setPosixFilePermissions(dir.path(), PosixFilePermissions.fromString("rwxr-xr-x"));

        dir.prepare();

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.path())))
                .isEqualTo("rwx------");
    }

    @Test
    void leavesADirectoryAloneThatIsNotItsOwn() throws IOException {
        var home = Files.createDirectory(temp.resolve("home"));
        Files.createFile(home.resolve("somebody's file"));
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));

        assertThatThrownBy(() -> new StateDir(home).prepare())
                .isInstanceOf(CliFailure.class)
                .hasMessageContaining("--state-dir");

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home)))
                .isEqualTo("rwxr-xr-x");
    }

    @Test
    void writesTheFileThatScriptsRead() throws IOException {
        dir.write(LaunchPlanTest.remembered());

        var json = Json.MAPPER.readTree(dir.path().resolve("env.json").toFile());

        assertThat(json.get("api").asText()).isEqualTo("http://127.0.0.1:1");
        assertThat(json.get("metrics").asText()).isEqualTo("http://127.0.0.1:4/metrics");
        assertThat(json.get("token").asText()).isEqualTo("api-token");
        assertThat(json.get("services").get("executor-direct").toString())
                .isEqualTo("{\"pid\":12,\"url\":\"http://127.0.0.1:2\",\"log\":\"%s\"}"
                        .formatted(dir.path().resolve("logs/executor-direct.log")));
        assertThat(json.toString()).doesNotContain("internal-token");
    }

    @Test
    void readsBackWhatItWrote() {
        dir.write(LaunchPlanTest.remembered());

        assertThat(dir.launchRecord()).contains(LaunchPlanTest.remembered());
    }

    @Test
    void forgetsEverythingButTheTokensWhenTheServicesAreStopped() throws IOException {
        dir.write(LaunchPlanTest.remembered().stopped());

        assertThat(Files.readString(dir.path().resolve("launch.json")))
                .contains("api-token")
                .doesNotContain("\"key\"");
        assertThat(dir.envFile().orElseThrow().services()).isEmpty();
    }

    @Test
    void doesNotQuoteADamagedFile() throws IOException {
        Files.writeString(dir.path().resolve("launch.json"), "{\"apiToken\": \"canary\", oops");

        assertThatThrownBy(dir::launchRecord)
                .isInstanceOf(CliFailure.class)
                .hasMessageContaining("launch.json is damaged")
                .hasMessageNotContaining("canary");
    }

    @Test
    void saysWhatToDoWhenItCannotBeUsed() throws IOException {
        var file = Files.createFile(temp.resolve("file"));

        assertThatThrownBy(() -> new StateDir(file.resolve("state")).prepare())
                .isInstanceOf(CliFailure.class)
                .hasMessageContaining("--state-dir");
    }

    @Test
    void aLogThatHasGrownLargeMakesRoom() throws IOException {
        var log = dir.openLog(ServiceName.DISPATCHER);
        try (var file = new java.io.RandomAccessFile(log.toFile(), "rw")) {
            file.setLength((16L << 20) + 1);
        }

        dir.openLog(ServiceName.DISPATCHER);

        assertThat(log).isEmptyFile();
        assertThat(log.resolveSibling("dispatcher.log.1")).exists();
    }
}
