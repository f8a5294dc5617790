package dev.slipway.executor.docker;

import static dev.slipway.executor.docker.EngineConnection.JSON;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What kind of file there is at a place in a container, as the engine tells it in a header. Pure.
 *
 * @param bits the rights in the lowest nine, kinds in the highest, as Go numbers them
 */
record FileMode(long bits) {
    private static final String HEADER = "X-Docker-Container-Path-Stat";
    private static final long DIRECTORY = 1L << 31;
    private static final long LINK = 1L << 27;
    private static final long ANY_MAY_EXECUTE = 0111;

    /** @return empty if the engine does not tell it */
    static Optional<FileMode> of(Map<String, List<String>> headers) {
        return headers.entrySet().stream()
                .filter(header -> header.getKey().equalsIgnoreCase(HEADER))
                .flatMap(header -> header.getValue().stream())
                .findFirst()
                .flatMap(FileMode::of);
    }

    private static Optional<FileMode> of(String header) {
        try {
            JsonNode mode = JSON.readTree(Base64.getDecoder().decode(header)).path("mode");
            return mode.isIntegralNumber() ? Optional.of(new FileMode(mode.longValue())) : Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Of a link nobody knows what it leads to: it may be one. */
    boolean isProgram() {
        return (bits & LINK) != 0 || ((bits & DIRECTORY) == 0 && (bits & ANY_MAY_EXECUTE) != 0);
    }
}
