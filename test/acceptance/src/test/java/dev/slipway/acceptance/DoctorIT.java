package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code slipway doctor}, where tasks can run and where they cannot. */
class DoctorIT extends InstalledTest {
    @Test
    void saysThatTasksCanRunAndLeavesNothing() throws Exception {
        slipway.configure();

        Slipway.Result result = doctor("--config-file", "worker.yaml");

        assertThat(result.exitCode()).as("%s", result).isZero();
        assertThat(result.out())
                .containsPattern("ok +settings +backend direct, worker acceptance")
                .containsPattern("ok +direct +tasks can run");
        assertThat(result.err()).isEmpty();
        slipway.up();
        assertThat(doctor().out())
                .as("while services run they are asked")
                .containsPattern("ok +dispatcher +ready")
                .containsPattern("ok +executor-direct +ready");
        slipway.kill("executor-direct");
        assertThat(doctor().exitCode()).isEqualTo(1);
    }

    @Test
    void saysWhatKeepsTheEngineOfContainersFromRunningThem() throws Exception {
        slipway.with("DOCKER_HOST", "unix://" + directory.resolve("no-engine"));

        Slipway.Result result = doctor("--backend", "docker");

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.out())
                .containsPattern("fail +docker +.*no-engine")
                .contains("found by DOCKER_HOST", "start it");
    }

    @Test
    void aStartSaysAtOnceWhatItWaitsFor() throws Exception {
        slipway.with("DOCKER_HOST", "unix://" + directory.resolve("no-engine"));

        Process up = slipway.builder("up", "--http-port", "0", "--metrics-port", "0", "--backend", "docker")
                .start();
        try (BufferedReader words = up.errorReader()) {
            assertThat(words.readLine()).contains("the executor-docker waits: ", "no-engine");
        } finally {
            up.destroy();
        }

        assertThat(up.waitFor(Slipway.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(slipway.processes()).isEmpty();
    }

    @Test
    void saysWhatKeepsAClusterFromRunningJobs() throws Exception {
        slipway.with("KUBECONFIG", directory.resolve("no-kubeconfig").toString());

        Slipway.Result result = doctor("--backend", "kubernetes");

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.out()).containsPattern("fail +kubernetes +.*the cluster");
    }

    private Slipway.Result doctor(String... options) throws Exception {
        Slipway.Result result = slipway.run(
                Stream.concat(Stream.of("doctor"), Stream.of(options)).toArray(String[]::new));
        assertThat(slipway.processes().stream().map(ProcessHandle::pid))
                .as("what it started is gone")
                .allMatch(this::isAService);
        try (Stream<Path> scratch = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            assertThat(scratch.filter(file -> file.getFileName().toString().startsWith("slipway-doctor-")))
                    .isEmpty();
        }
        return result;
    }

    private boolean isAService(long pid) {
        try {
            return slipway.env().path("services").toString().contains("\"pid\":" + pid);
        } catch (IOException e) {
            return false;
        }
    }
}
