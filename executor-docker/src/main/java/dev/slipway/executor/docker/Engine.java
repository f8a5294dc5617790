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
 * own, so that none waits for the other.
 */
final class Engine implements Closeable {
    private static final int MOST_RUNS = 1_000;

    /** Of one run at once. */
    private static final int CALLS = 3;

    private static final int STREAMS = 2;

    private final EngineAddress address;
    private final Patience patience;
    private final EngineConnection calls;
    private final EngineConnection streams;

    /**
     * How long the engine may take.
     *
     * @param look for what it only looks up
     * @param work for what it works at: a busy disk makes it slow
     */
    record Patience(Duration look, Duration work) {
        static final Patience USUAL = new Patience(Duration.ofSeconds(30), Duration.ofMinutes(2));
    }

    /** @param slots how many runs there may be at once; 0: any number */
    Engine(EngineAddress address, int slots, Patience patience) throws IOException {
        this.address = address;
        this.patience = patience;
        int runs = slots == 0 ? MOST_RUNS : slots;
        this.calls = new EngineConnection(address, connections(runs, CALLS));
        this.streams = new EngineConnection(address, connections(runs, STREAMS));
    }

    /** There are so many runs, which can be more than there are slots: those of an executor that had more of them. */
    void makeRoom(int runs) {
        calls.makeRoom(connections(runs, CALLS));
        streams.makeRoom(connections(runs, STREAMS));
    }

    /** A pool that is used up makes everybody wait: it has more than all runs together can ask for. */
    private static int connections(int runs, int perRun) {
        return 16 + perRun * Math.min(runs, MOST_RUNS);
    }

    EngineAddress address() {
        return address;
    }

    void ping(Duration limit) throws IOException {
        plain(() -> calls.call(request(Method.GET, "/_ping").build(), limit));
    }

    JsonNode version() throws IOException {
        return plain(() -> calls.call(request(Method.GET, "/version").build(), patience.look()));
    }

    JsonNode info() throws IOException {
        return plain(() -> calls.call(request(Method.GET, "/info").build(), patience.look()));
    }

    Optional<ContainerState> container(String nameOrId) throws IOException {
        return found(request(Method.GET, "/containers/" + quoted(nameOrId) + "/json"))
                .map(ContainerState::of);
    }

    /** All that have the label, also those that do not run: their labels by their names. */
    List<Labelled> containers(String label, String value) throws IOException {
        JsonNode list = plain(() -> calls.call(
                request(
                                Method.GET,
                                "/containers/json?all=1&filters="
                                        + quoted(Map.of("label", List.of(label + "=" + value))))
                        .build(),
                patience.look()));
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
                        patience.work())
                .path("Id")
                .asText();
    }

    void start(String id) throws IOException, EngineRefusal {
        calls.call(post("/containers/" + quoted(id) + "/start"), patience.work());
    }

    void kill(String id, String signal) throws IOException, EngineRefusal {
        calls.call(post("/containers/" + quoted(id) + "/kill?signal=" + quoted(signal)), patience.look());
    }

    void unpause(String id) throws IOException, EngineRefusal {
        calls.call(post("/containers/" + quoted(id) + "/unpause"), patience.look());
    }

    /** None is fine. */
    void rename(String id, String name) throws IOException {
        plain(() -> unlessMissing(post("/containers/" + quoted(id) + "/rename?name=" + quoted(name)), patience.look()));
    }

    /** Removes one that does not run, and the volumes without a name that it has; none is fine. */
    void remove(String id) throws IOException {
        plain(() -> unlessMissing(removal(id, ""), patience.work()));
    }

    /**
     * The same of one that may run.
     *
     * @return false if it does, or if somebody else is removing it
     */
    boolean removeUnlessBusy(String id) throws IOException {
        return unlessBusy(removal(id, ""));
    }

    /** The same of what the engine takes for running. */
    void removeWithForce(String id) throws IOException {
        plain(() -> unlessMissing(removal(id, "&force=1"), patience.work()));
    }

    /** Whether there are processes in a container that the engine takes for running. */
    boolean hasProcesses(String id) throws IOException {
        try {
            JsonNode top = calls.call(
                    request(Method.GET, "/containers/" + quoted(id) + "/top").build(), patience.look());
            return !top.path("Processes").isEmpty();
        } catch (EngineRefusal e) {
            return false;
        }
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
                patience.work()));
        Map<String, String> answered = ContainerState.texts(volume.path("Labels"));
        // An engine that was restarted since it made the volume leaves them out here, and shows them when asked.
        return answered.isEmpty() ? volume(name).orElse(answered) : answered;
    }

    /** Its labels. */
    Optional<Map<String, String>> volume(String name) throws IOException {
        return found(request(Method.GET, "/volumes/" + quoted(name)))
                .map(volume -> ContainerState.texts(volume.path("Labels")));
    }

    List<Labelled> volumes(String label, String value) throws IOException {
        return volumes(Map.of("label", List.of(label + "=" + value)));
    }

    /** Those of them that containers have, also such as do not run. */
    List<Labelled> volumesInUse(String label, String value) throws IOException {
        return volumes(Map.of("label", List.of(label + "=" + value), "dangling", List.of("false")));
    }

    private List<Labelled> volumes(Map<String, List<String>> filters) throws IOException {
        JsonNode list = plain(() -> calls.call(
                request(Method.GET, "/volumes?filters=" + quoted(filters)).build(), patience.look()));
        List<Labelled> found = new ArrayList<>();
        for (JsonNode volume : list.path("Volumes")) {
            found.add(new Labelled(volume.path("Name").asText(), "", ContainerState.texts(volume.path("Labels"))));
        }
        return found;
    }

    /**
     * None is fine.
     *
     * @return false if a container has it
     */
    boolean removeVolume(String name) throws IOException {
        return unlessBusy(request(Method.DELETE, "/volumes/" + quoted(name)).build());
    }

    Optional<JsonNode> image(String reference) throws IOException {
        return found(request(Method.GET, "/images/" + quoted(reference) + "/json"));
    }

    /**
     * Pulls an image; the answer is a line of JSON for every step of it.
     *
     * @param auth the registry's credentials as the engine takes them; empty: none
     * @param limit until the answer begins
     */
    DockerHttpClient.Response pull(ImageName image, String platform, String auth, Duration limit)
            throws IOException, EngineRefusal {
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
        return streams.open(request.build(), limit);
    }

    /** The file system of a container, also of one that never ran, as a tar archive. */
    DockerHttpClient.Response export(String id) throws IOException, EngineRefusal {
        return streams.open(
                request(Method.GET, "/containers/" + quoted(id) + "/export").build(), patience.work());
    }

    /** Unpacks a tar archive in a container, also in one that never ran, and in what is mounted there. */
    void unpack(String id, String path, InputStream archive, Duration limit) throws IOException, EngineRefusal {
        calls.call(
                request(Method.PUT, "/containers/%s/archive?path=%s".formatted(quoted(id), quoted(path)))
                        .putHeader("Content-Type", "application/x-tar")
                        .body(archive)
                        .build(),
                limit);
    }

    /**
     * Whether a container may have a file there that can be executed, also one that does not run. An engine that cannot look
     * (a file where a directory should be, a mount that is away) does not keep the run's end from being told.
     */
    boolean hasProgram(String id, String path) throws IOException {
        try (DockerHttpClient.Response response = streams.open(
                request(Method.GET, "/containers/%s/archive?path=%s".formatted(quoted(id), quoted(path)))
                        .build(),
                patience.look())) {
            return FileMode.of(response.getHeaders()).map(FileMode::isProgram).orElse(true);
        } catch (EngineRefusal e) {
            return !e.isMissing();
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
                patience.look());
    }

    /** What happens to containers from now on, one line of JSON each. */
    DockerHttpClient.Response events(Map<String, List<String>> filters) throws IOException {
        return events(filters, "");
    }

    /**
     * How a container was made, started and removed, as far back as the engine remembers: it forgets all but its last few
     * hundred events.
     *
     * @param onlyPast whether what is still to come does not belong to it
     */
    DockerHttpClient.Response eventsOf(String container, boolean onlyPast) throws IOException {
        String until = onlyPast ? "&until=" + nanoSeconds(info().path("SystemTime")) : "";
        return events(
                Map.of("container", List.of(container), "event", List.of("create", "start", "destroy")),
                "&since=1" + until);
    }

    /** Of the engine's own clock, as it takes times. */
    private static String nanoSeconds(JsonNode time) throws IOException {
        try {
            Instant instant = Instant.parse(time.asText());
            return "%d.%09d".formatted(instant.getEpochSecond(), instant.getNano());
        } catch (DateTimeParseException e) {
            throw new IOException("the Docker engine does not tell its time", e);
        }
    }

    private DockerHttpClient.Response events(Map<String, List<String>> filters, String period) throws IOException {
        try {
            return streams.open(
                    request(Method.GET, "/events?filters=" + quoted(filters) + period)
                            .build(),
                    patience.look());
        } catch (EngineRefusal e) {
            throw refused(e);
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
            return Optional.of(calls.call(request.build(), patience.look()));
        } catch (EngineRefusal e) {
            if (e.isMissing()) {
                return Optional.empty();
            }
            throw refused(e);
        }
    }

    /** What it is about may be gone. */
    private JsonNode unlessMissing(DockerHttpClient.Request request, Duration limit) throws IOException, EngineRefusal {
        try {
            return calls.call(request, limit);
        } catch (EngineRefusal e) {
            if (!e.isMissing()) {
                throw e;
            }
            return JSON.missingNode();
        }
    }

    private boolean unlessBusy(DockerHttpClient.Request removal) throws IOException {
        try {
            unlessMissing(removal, patience.work());
            return true;
        } catch (EngineRefusal e) {
            if (e.isConflict()) {
                return false;
            }
            throw refused(e);
        }
    }

    private static DockerHttpClient.Request removal(String container, String more) {
        return request(Method.DELETE, "/containers/" + quoted(container) + "?v=1" + more)
                .build();
    }

    private static DockerHttpClient.Request post(String path) {
        return request(Method.POST, path).bodyBytes(new byte[0]).build();
    }

    private static String quoted(Map<String, List<String>> filters) {
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
