package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngineTest {
    /** What an engine was killed over may be shown as running for ever; its processes tell. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "200 | {\"Titles\":[\"PID\"],\"Processes\":[[\"7\"]]} | true",
                "200 | {\"Titles\":[\"PID\"],\"Processes\":[]}          | false",
                "200 | {\"Titles\":[\"PID\"],\"Processes\":null}        | false",
                "500 | {\"message\":\"no such task\"}                    | false",
            })
    void aContainerRunsOnlyWithProcesses(int status, String body, boolean hasProcesses) throws Exception {
        try (FakeEngine engine =
                        FakeEngine.start().when("GET /containers/id/top", new FakeEngine.Answer(status, body));
                Engine calls = new Engine(engine.address(), 1, Engine.Patience.USUAL)) {
            assertThat(calls.hasProcesses("id")).isEqualTo(hasProcesses);
        }
    }

    /** An answer of 500 is what an engine gives for a directory of the PATH that is a file. */
    @ParameterizedTest
    @CsvSource({"404, false", "500, true"})
    void onlyAProgramThatIsCertainlyMissingIsMissing(int status, boolean mayBeThere) throws Exception {
        try (FakeEngine engine = FakeEngine.start()
                        .when("GET /containers/id/archive", new FakeEngine.Answer(status, "{\"message\":\"lstat\"}"));
                Engine calls = new Engine(engine.address(), 1, Engine.Patience.USUAL)) {
            assertThat(calls.hasProgram("id", "/opt/tool/tool/sh")).isEqualTo(mayBeThere);
        }
    }
}
