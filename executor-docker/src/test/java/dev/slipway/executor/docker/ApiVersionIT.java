package dev.slipway.executor.docker;

import static dev.slipway.executor.testkit.Watching.awaitEnd;
import static dev.slipway.executor.testkit.Watching.code;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.executor.core.PreflightFailure;
import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.testkit.DockerEngine;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** An operator who names a version of the engine's API gets that one. */
@ExtendWith(TestEngine.class)
class ApiVersionIT {
    private static final RunId RUN = new RunId("3c5f6a54-9d0e-4a55-8a3b-0d2f51c0b7aa", new ExecutionKey("version", 1));

    private final DockerEngine engine;

    ApiVersionIT(DockerEngine engine) {
        this.engine = engine;
    }

    @Test
    void aVersionThatTheEngineHasRunsTasks() throws Exception {
        try (DockerBackend backend = backend("1.39")) {
            backend.preflight();
            backend.start(RUN, TestEngine.task("exit 3"), _ -> {});
            assertThat(code(awaitEnd(backend, RUN))).isEqualTo(3);
            backend.forget(RUN);
        }
    }

    @Test
    void aVersionThatTheEngineDoesNotHaveIsToldWithItsRemedy() throws Exception {
        try (DockerBackend backend = backend("1.999")) {
            assertThatThrownBy(backend::preflight)
                    .isInstanceOf(PreflightFailure.class)
                    .hasMessageContainingAll(
                            "client version 1.999 is too new", "set DOCKER_API_VERSION to one that the engine has");
        }
    }

    private DockerBackend backend(String version) {
        return new DockerBackend(
                "executor-version",
                1,
                TestEngine.config(TestEngine.localImages()),
                new Discovery(Map.of("DOCKER_HOST", engine.host(), "DOCKER_API_VERSION", version)),
                Clock.systemUTC(),
                Engine.Patience.USUAL);
    }
}
