package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileModeTest {
    @ParameterizedTest
    @CsvSource({
        "493, true", // rwxr-xr-x
        "420, false", // rw-r--r--
        "2147484141, false", // a directory, rwxr-xr-x
        "134218239, true", // a link
    })
    void onlyAFileWithARightToExecuteIsAProgram(long bits, boolean isProgram) {
        assertThat(FileMode.of(header("{\"name\":\"x\",\"mode\":%d}".formatted(bits))))
                .hasValueSatisfying(mode -> assertThat(mode.isProgram()).isEqualTo(isProgram));
    }

    @Test
    void whatTheEngineDoesNotTellIsNotKnown() {
        assertThat(FileMode.of(Map.of())).isEmpty();
        assertThat(FileMode.of(header("{}"))).isEmpty();
        assertThat(FileMode.of(Map.of("X-Docker-Container-Path-Stat", List.of("?"))))
                .isEmpty();
    }

    private static Map<String, List<String>> header(String json) {
        return Map.of(
                "x-docker-container-path-stat",
                List.of(Base64.getEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8))));
    }
}
