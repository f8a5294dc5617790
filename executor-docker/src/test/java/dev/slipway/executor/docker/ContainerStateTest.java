package dev.slipway.executor.docker;

import static dev.slipway.executor.docker.EngineConnection.JSON;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerStateTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/x/run.sh  | /bin:/sbin | /work | /x/run.sh",
                "./run.sh   | /bin:/sbin | /work | /work/./run.sh",
                "sub/run.sh | /bin:/sbin | /work | /work/sub/run.sh",
                "./run.sh   | /bin       | ''    | /./run.sh",
                "run.sh     | /bin:/sbin | /work | /bin/run.sh,/sbin/run.sh",
                "run.sh     | bin::/sbin | /work | /work/bin/run.sh,/work/run.sh,/sbin/run.sh",
            })
    void aProgramIsLookedForFromTheDirectoryInWhichItBegins(
            String program, String path, String directory, String expected) {
        ContainerState state = new ContainerState(
                "id",
                "/name",
                Map.of(),
                "exited",
                127,
                false,
                "",
                4,
                5,
                6,
                program,
                List.of(path.split(":", -1)),
                directory,
                "SIGTERM");

        assertThat(state.programFiles()).isEqualTo(Arrays.asList(expected.split(",", -1)));
    }

    /** An engine that was killed over a start learns of it from its containerd, and then knows neither its time nor the right word. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "created | 0001-01-01T00:00:00Z | 0001-01-01T00:00:00Z |                 | false | false | false",
                "created | 0001-01-01T00:00:00Z | 0001-01-01T00:00:00Z | exec: not found | false | false | true",
                "running | 2026-01-02T03:04:05Z | 0001-01-01T00:00:00Z |                 | true  | false | false",
                "running | 0001-01-01T00:00:00Z | 0001-01-01T00:00:00Z |                 | true  | false | false",
                "exited  | 2026-01-02T03:04:05Z | 2026-01-02T03:04:06Z |                 | true  | true  | false",
                "created | 0001-01-01T00:00:00Z | 2026-01-02T03:04:06Z |                 | true  | true  | false",
                "created | 0001-01-01T00:00:00Z | 2026-01-02T03:04:06Z | exec: not found | false | false | true",
            })
    void whatAContainerHasBehindIt(
            String status,
            String startedAt,
            String finishedAt,
            @Nullable String error,
            boolean hasBegun,
            boolean isOver,
            boolean isRefused)
            throws IOException {
        ContainerState state = ContainerState.of(
                JSON.readTree("""
                        {"Created": "2026-01-02T03:04:04Z",
                         "State": {"Status": "%s", "StartedAt": "%s", "FinishedAt": "%s", "Error": "%s"}}
                        """.formatted(status, startedAt, finishedAt, error == null ? "" : error)));

        assertThat(state.hasBegun()).isEqualTo(hasBegun);
        assertThat(state.isOver()).isEqualTo(isOver);
        assertThat(state.isRefused()).isEqualTo(isRefused);
        assertThat(state.beganAtMillis()).isPositive();
    }
}
