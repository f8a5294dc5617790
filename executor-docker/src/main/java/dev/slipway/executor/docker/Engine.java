package dev.slipway.executor.docker;

import static dev.slipway.executor.docker.EngineConnection.JSON;
import static dev.slipway.executor.docker.EngineConnection.request;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.transport.DockerHttpClient.Request.Method;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The engine's calls, as far as they are needed here. Short ones and those that are read for long have connections of their
 * own, so that none waits for the other. No API version is named: the engine then takes its own.
 */
final class Engine implements Closeable {
    /** For what only looks something up. */
    private static final Duration LOOK = Duration.ofSeconds(30);

    /** For what the engine works at: a busy disk makes it slow. */
    private static final Duration WORK = Duration.ofMinutes(2);

    private final EngineAddress address;
    private final EngineConnection calls;
    private final EngineConnection streams;

    /** @param slots how many runs there may be at once; 0: any number */
    Engine(EngineAddress address, int slots) throws IOException {
        this.address = address;
        this.calls = new EngineConnection(address, connections(slots, 3));
        this.streams = new EngineConnection(address, connections(slots, 2));
    }

    /** A pool that is used up makes everybody wait: it has more than all runs together can ask for. */
    private static int connections(int slots, int perRun) {
        return 16 + perRun * (slots == 0 ? 1_000 : Math.min(slots, 1_000));
    }

    EngineAddress address() {
        return address;
    }

    void ping(Duration patience) throws IOException {
        plain(() -> calls.call(request(Method.GET, "/_ping").build(), patience));
    }

    JsonNode version() throws IOException {
        return plain(() -> calls.call(request(Method.GET, "/version").build(), LOOK));
    }

    JsonNode info() throws IOException {
        return plain(() -> calls.call(request(Method.GET, "/info").build(), LOOK));
    }

    Optional<ContainerState> container(String nameOrId) throws IOException {
        return found(request(Method.GET, "/containers/" + quoted(nameOrId) + "/json"))
                .map(ContainerState::of);
    }

    /** All that have the label, also those that do not run: their labels by their names. */
    List<Labelled> containers(String label, String value) throws IOException {
        JsonNode list = plain(() -> calls.call(
                request(Method.GET, "/containers/json?all=1&filters=" + labelled(label, value))
                        .build(),
                LOOK));
        List<Labelled> found = new ArrayList<>();
        for (JsonNode container : list) {
            found.add(new Labelled(
                    container.path("Names").path(0).asText().replaceFirst("^/", ""),
                    container.path("State").asText(),
                    ContainerState.texts(container.path("Labels"))));
        }
        return found;
    }

    /** @return its id */
    String create(String name, JsonNode body) throws IOException, EngineRefusal {
        return calls.call(
                        request(Method.POST, "/containers/create?name=" + quoted(name))
                                .putHeader("Content-Type", "application/json")
                                .bodyBytes(bytes(body))
                                .build(),
                        WORK)
                .path("Id")
                .asText();
    }

    void start(String id) throws IOException, EngineRefusal {
        calls.call(post("/containers/" + quoted(id) + "/start"), WORK);
    }

    void kill(String id, String signal) throws IOException, EngineRefusal {
        calls.call(post("/containers/" + quoted(id) + "/kill?signal=" + quoted(signal)), LOOK);
    }

    void unpause(String id) throws IOException, EngineRefusal {
        calls.call(post("/containers/" + quoted(id) + "/unpause"), LOOK);
    }

    void rename(String id, String name) throws IOException, EngineRefusal {
        calls.call(post("/containers/" + quoted(id) + "/rename?name=" + quoted(name)), LOOK);
    }

    /** Removes one that does not run, and the volumes without a name that it has; one that runs is a conflict. */
    void remove(String id) throws IOException, EngineRefusal {
        calls.call(request(Method.DELETE, "/containers/" + quoted(id) + "?v=1").build(), WORK);
    }

    /**
     * Makes a volume, or finds the one that has the name.
     *
     * @return its labels: those of the one who made it
     */
    Map<String, String> createVolume(String name, Map<String, String> labels) throws IOException {
        JsonNode body = JSON.createObjectNode().put("Name", name).set("Labels", JSON.valueToTree(labels));
        JsonNode volume = plain(() -> calls.call(
                request(Method.POST, "/volumes/create")
                        .putHeader("Content-Type", "application/json")
                        .bodyBytes(bytes(body))
                        .build(),
                WORK));
        return ContainerState.texts(volume.path("Labels"));
    }

    /** Its labels. */
    Optional<Map<String, String>> volume(String name) throws IOException {
        return found(request(Method.GET, "/volumes/" + quoted(name)))
                .map(volume -> ContainerState.texts(volume.path("Labels")));
    }

    List<Labelled> volumes(String label, String value) throws IOException {
        JsonNode list = plain(() -> calls.call(
                request(Method.GET, "/volumes?filters=" + labelled(label, value))
                        .build(),
                LOOK));
        List<Labelled> found = new ArrayList<>();
        for (JsonNode volume : list.path("Volumes")) {
            found.add(new Labelled(volume.path("Name").asText(), "", ContainerState.texts(volume.path("Labels"))));
        }
        return found;
    }

    /** One that a container has is a conflict; none is fine. */
    void removeVolume(String name) throws IOException, EngineRefusal {
        try {
            calls.call(request(Method.DELETE, "/volumes/" + quoted(name)).build(), WORK);
        } catch (EngineRefusal e) {
            if (!e.isMissing()) {
                throw e;
            }
        }
    }

    Optional<JsonNode> image(String reference) throws IOException {
        return found(request(Method.GET, "/images/" + quoted(reference) + "/json"));
    }

    /**
     * Pulls an image; the answer is a line of JSON for every step of it.
     *
     * @param auth the registry's credentials as the engine takes them; empty: none
     */
    DockerHttpClient.Response pull(ImageName image, String platform, String auth) throws IOException, EngineRefusal {
        DockerHttpClient.Request.Builder request = request(
                Method.POST,
                "/images/create?fromImage=%s&tag=%s&platform=%s"
                        .formatted(
                                URLEncoder.encode(image.repository(), StandardCharsets.UTF_8),
                                URLEncoder.encode(image.version(), StandardCharsets.UTF_8),
                                URLEncoder.encode(platform, StandardCharsets.UTF_8)));
        if (!auth.isEmpty()) {
            request.putHeader("X-Registry-Auth", auth);
        }
        return streams.open(request.build(), WORK);
    }

    /** The file system of a container, also of one that never ran, as a tar archive. */
    DockerHttpClient.Response export(String id) throws IOException, EngineRefusal {
        return streams.open(
                request(Method.GET, "/containers/" + quoted(id) + "/export").build(), WORK);
    }

    /** Unpacks a tar archive in a container, also in one that never ran, and in what is mounted there. */
    void unpack(String id, String path, InputStream archive, Duration patience) throws IOException, EngineRefusal {
        calls.call(
                request(Method.PUT, "/containers/%s/archive?path=%s".formatted(quoted(id), quoted(path)))
                        .putHeader("Content-Type", "application/x-tar")
                        .body(archive)
                        .build(),
                patience);
    }

    /** Whether a container has a file there, also one that does not run. */
    boolean hasFile(String id, String path) throws IOException {
        try (DockerHttpClient.Response response = streams.open(
                request(Method.GET, "/containers/%s/archive?path=%s".formatted(quoted(id), quoted(path)))
                        .build(),
                LOOK)) {
            return response.getStatusCode() < 300;
        } catch (EngineRefusal e) {
            if (e.isMissing()) {
                return false;
            }
            throw refused(e);
        }
    }

    /**
     * A container's output from {@code sinceSeconds} on, each piece with its time.
     *
     * @param follow whether what is still to come belongs to it
     */
    DockerHttpClient.Response logs(String id, long sinceSeconds, boolean follow) throws IOException, EngineRefusal {
        return streams.open(
                request(
                                Method.GET,
                                "/containers/%s/logs?stdout=1&stderr=1&timestamps=1&since=%d&follow=%d"
                                        .formatted(quoted(id), sinceSeconds, follow ? 1 : 0))
                        .build(),
                LOOK);
    }

    /** What happens to containers from now on, one line of JSON each. */
    DockerHttpClient.Response events(Map<String, List<String>> filters) throws IOException {
        try {
            return streams.open(
                    request(Method.GET, "/events?filters=" + json(filters)).build(), LOOK);
        } catch (EngineRefusal e) {
            throw refused(e);
        }
    }

    /** Whether it remembers such an event: it keeps the last few hundred, and none when it is restarted. */
    boolean remembers(Map<String, List<String>> filters) throws IOException {
        Instant now = now();
        return !plain(() -> calls.call(
                        request(
                                        Method.GET,
                                        "/events?since=0&until=%d.%09d&filters=%s"
                                                .formatted(now.getEpochSecond(), now.getNano(), json(filters)))
                                .build(),
                        LOOK))
                .isMissingNode();
    }

    /** By the engine's clock. */
    private Instant now() throws IOException {
        String time = info().path("SystemTime").asText();
        try {
            return Instant.parse(time);
        } catch (DateTimeParseException e) {
            throw new IOException("the Docker engine does not tell its time but '%s'".formatted(time), e);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            calls.close();
        } finally {
            streams.close();
        }
    }

    /** @param state the engine's word, of a container */
    record Labelled(String name, String state, Map<String, String> labels) {}

    /** For callers to whom a refusal says no more than an engine that is away. */
    static IOException refused(EngineRefusal refusal) {
        return new IOException("the Docker engine refuses: " + refusal.words(), refusal);
    }

    private interface Call {
        JsonNode make() throws IOException, EngineRefusal;
    }

    private static JsonNode plain(Call call) throws IOException {
        try {
            return call.make();
        } catch (EngineRefusal e) {
            throw refused(e);
        }
    }

    private Optional<JsonNode> found(DockerHttpClient.Request.Builder request) throws IOException {
        try {
            return Optional.of(calls.call(request.build(), LOOK));
        } catch (EngineRefusal e) {
            if (e.isMissing()) {
                return Optional.empty();
            }
            throw refused(e);
        }
    }

    private static DockerHttpClient.Request post(String path) {
        return request(Method.POST, path).bodyBytes(new byte[0]).build();
    }

    private static String labelled(String label, String value) {
        return quoted(new String(
                bytes(JSON.valueToTree(Map.of("label", List.of(label + "=" + value)))), StandardCharsets.UTF_8));
    }

    private static String json(Map<String, List<String>> filters) {
        return quoted(new String(bytes(JSON.valueToTree(filters)), StandardCharsets.UTF_8));
    }

    private static byte[] bytes(JsonNode json) {
        try {
            return JSON.writeValueAsBytes(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can always be written", e);
        }
    }

    private static String quoted(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
