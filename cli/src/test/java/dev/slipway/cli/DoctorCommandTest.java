package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code doctor} finds without starting anything; no executor is installed here. */
class DoctorCommandTest {
    @TempDir
    private Path directory;

    private TestHost host;

    @BeforeEach
    void prepare() {
        host = new TestHost(directory);
    }

    @Test
    void tellsOfEverythingThatIsWrongAtOnce() throws IOException {
        Files.writeString(directory.resolve("worker.yaml"), "a: 1\nb: 2\n");
        host.environment().put("PATH", directory.toString());

        assertThat(host.run("doctor", "--config-file", "worker.yaml")).isEqualTo(1);
        assertThat(host.out())
                .containsPattern("ok +java +25")
                .containsPattern("fail +setsid +it is not on PATH: install it")
                .containsPattern("fail +settings +.*line 1: a: unknown key")
                .containsPattern("fail +settings +.*line 2: b: unknown key")
                .doesNotContain("tasks can run");
        assertThat(host.err()).isEmpty();
    }

    @Test
    void namesWhatAWorkerLacks() {
        host.environment().put("WARP_API_KEY", "canary");

        assertThat(host.run("doctor", "--backend", "direct")).isEqualTo(1);
        assertThat(host.out()).contains("worker-id is required").doesNotContain("canary");
    }

    @Test
    void aProgramThatIsMissingIsAFindingLikeAnyOther() {
        assertThat(host.run("doctor")).isEqualTo(1);
        assertThat(host.out())
                .containsPattern("ok +settings +backend direct, no worker id")
                .containsPattern("note +control plane +none, local work only")
                .containsPattern("fail +direct +.*quarkus-run.jar is missing");
        assertThat(host.run("up", "--backend", "command"))
                .as("the state directory is left as it can be used")
                .isEqualTo(1);
        assertThat(host.err()).doesNotContain("is no state directory");
    }

    @Test
    void aPlaceWhereNothingCanBeWrittenIsNamed() throws IOException {
        Files.writeString(directory.resolve("state"), "a file");

        assertThat(host.run("doctor")).isEqualTo(1);
        assertThat(host.out()).containsPattern("fail +state directory +.*cannot be written");
    }

    @Test
    void scriptsGetTheSameAsJson() throws IOException {
        host.run("doctor", "-o", "json");

        assertThat(Json.MAPPER.readTree(host.out()).path(0).path("level").asText())
                .isEqualTo("ok");
    }
}
