package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
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
}
