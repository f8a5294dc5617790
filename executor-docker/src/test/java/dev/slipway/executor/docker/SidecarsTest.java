package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Container;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.FailureReason;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SidecarsTest {
    @ParameterizedTest
    @CsvSource({"PT1H, 1", "PT24H, 1", "PT25H, 2", "PT36H, 2", "P14D, 14"})
    void aPartOfADayCountsAsAWhole(Duration keep, long days) {
        assertThat(Sidecars.days(keep)).isEqualTo(days);
    }

    @ParameterizedTest
    @CsvSource({
        "agent:1, agent-",
        "registry.example:5000/team/agent@sha256:1, registry.example-5000-team-agent-",
        "[::1]:5000/agent:1, 1--5000-agent-"
    })
    void aVolumeHasANameThatTheEngineTakes(String image, String beginning) throws Exception {
        JsonNode shown = EngineConnection.JSON.readTree("{\"Id\":\"sha256:0123456789abcdef\"}");

        assertThat(Sidecars.volumeName(image.replace("sha256:1", "sha256:" + "1".repeat(64)), shown))
                .startsWith(beginning + "0123456789ab-")
                .matches("[a-zA-Z0-9][a-zA-Z0-9_.-]*");
    }

    /** The cause's own remedy, and no other one; only that credentials do not help is particular to sidecars. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "busy:1  | 404 | manifest unknown    | false | the image busy:1 cannot be pulled: manifest unknown: correct its name, or let everybody pull it: sidecars are pulled without credentials",
                "busy:1  | 500 | unauthorized        | false | the image busy:1 cannot be pulled: unauthorized: correct its name, or let everybody pull it: sidecars are pulled without credentials",
                "busy:1  | 500 | connection refused  | true  | the image busy:1 cannot be pulled: connection refused: see to the engine's way to the registry",
                "busy:1  | 500 | no space left on device | true | the image busy:1 cannot be pulled: no space left on device: free it (docker system df, docker image prune -a, docker builder prune)",
                "other:1 | 200 | unused              | false | the image other:1 is none of slipway.docker.allowed_images: use another image, or let the operator add it",
            })
    void anImageThatCannotBeHadIsToldWithOneRemedy(
            String image, int status, String words, boolean isTransient, String message) throws Exception {
        try (FakeEngine engine = FakeEngine.start()
                        .when(
                                "POST /images/create",
                                new FakeEngine.Answer(status, "{\"message\":\"%s\"}".formatted(words)));
                Engine calls = new Engine(engine.address(), 1, Engine.Patience.USUAL)) {
            Sidecars sidecars = new Sidecars(
                    calls,
                    new Images(calls, TestEngine.config(TestEngine.allowing("busy:*")), "linux/amd64"),
                    new Owner("executor", "now"),
                    Clock.systemUTC());
            Container wanted = new Container(
                    Optional.of(image), List.of(), Container.plain().shape());

            assertThatThrownBy(() -> sidecars.provide(wanted, _ -> {}))
                    .isInstanceOfSatisfying(
                            StartFailure.class,
                            failure -> assertThat(failure.ending())
                                    .isEqualTo(
                                            new Ending.NotStarted(FailureReason.SIDECAR_PREP, message, isTransient)));
        }
    }
}
