package dev.slipway.executor.docker;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A container as the engine shows it.
 *
 * @param status the engine's word: created, running, paused, restarting, removing, exited or dead
 * @param error why it did not start, in the engine's words; empty if it says nothing
 * @param madeAtMillis when the engine made it
 * @param startedAtMillis 0 if it never has, or if the engine did not start it itself
 * @param finishedAtMillis 0 if it has not
 * @param program what is its first process, beside the init process
 * @param path where that is looked for
 * @param directory in which that begins
 * @param stopSignal the polite one
 */
record ContainerState(
        String id,
        String name,
        Map<String, String> labels,
        String status,
        int exitCode,
        boolean outOfMemory,
        String error,
        long madeAtMillis,
        long startedAtMillis,
        long finishedAtMillis,
        String program,
        List<String> path,
        String directory,
        String stopSignal) {
    private static final String USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    static ContainerState of(JsonNode json) {
        JsonNode state = json.path("State");
        JsonNode config = json.path("Config");
        return new ContainerState(
                json.path("Id").asText(),
                json.path("Name").asText(),
                texts(config.path("Labels")),
                state.path("Status").asText(),
                state.path("ExitCode").asInt(),
                state.path("OOMKilled").asBoolean(),
                EngineWords.shown(state.path("Error").asText()),
                millis(json.path("Created").asText()),
                millis(state.path("StartedAt").asText()),
                millis(state.path("FinishedAt").asText()),
                json.path("Path").asText(),
                path(config.path("Env")),
                config.path("WorkingDir").asText(),
                Optional.of(config.path("StopSignal").asText())
                        .filter(signal -> !signal.isEmpty())
                        .orElse("SIGTERM"));
    }

    /** Where its program may be. */
    List<String> programFiles() {
        Path from = Path.of("/").resolve(directory);
        List<String> places = program.contains("/") ? List.of("") : path;
        return places.stream()
                .map(place -> from.resolve(place).resolve(program).toString())
                .toList();
    }

    /** Whether the engine has said that it did not start it, and can know that. */
    boolean isRefused() {
        return !error.isEmpty() && !Verdict.isDoubtful(error);
    }

    boolean hasBegun() {
        return startedAtMillis > 0 || isAlive() || hasEndedUnseen();
    }

    /** As far as the engine knows: one that was killed over the start hears only later that it runs, and not since when. */
    long beganAtMillis() {
        return startedAtMillis > 0 ? startedAtMillis : madeAtMillis;
    }

    boolean isAlive() {
        return switch (status) {
            case "running", "paused", "restarting" -> true;
            default -> false;
        };
    }

    boolean isOver() {
        return status.equals("exited") || status.equals("dead") || (status.equals("created") && hasEndedUnseen());
    }

    /** What an engine did not start itself it shows as never started. Newer ones note an end also of what they refused to start. */
    private boolean hasEndedUnseen() {
        return finishedAtMillis > 0 && !isRefused();
    }

    static Map<String, String> texts(JsonNode object) {
        Map<String, String> texts = new LinkedHashMap<>();
        object.properties()
                .forEach(entry -> texts.put(entry.getKey(), entry.getValue().asText()));
        return texts;
    }

    private static List<String> path(JsonNode env) {
        String path = USUAL_PATH;
        for (JsonNode variable : env) {
            if (variable.asText().startsWith("PATH=")) {
                path = variable.asText().substring("PATH=".length());
            }
        }
        return List.of(path.split(":", -1)); // an empty one is the directory in which the program begins
    }

    /** The engine writes the first day of the first year for "never". */
    private static long millis(String instant) {
        try {
            return Math.max(0, Instant.parse(instant).toEpochMilli());
        } catch (DateTimeParseException e) {
            return 0;
        }
    }
}
