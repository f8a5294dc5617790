package dev.slipway.cli.api;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.cli.Json;
import dev.slipway.protocol.Api;
import dev.slipway.protocol.SecretValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.concurrent.locks.LockSupport;

/** The public API of one dispatcher. Every method throws {@link ApiFailure} when the call is refused or fails. */
public final class ApiClient {
    private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(5);
    private static final Duration ANSWER_PATIENCE = Duration.ofSeconds(30);
    private static final int SUBMIT_TRIES = 4;
    private static final Duration SUBMIT_PAUSE = Duration.ofMillis(250);
    private static final int MAX_ANSWER_BYTES = 64 << 20;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_PATIENCE)
            .proxy(HttpClient.Builder.NO_PROXY)
            .build();
    private final String base;
    private final SecretValue token;

    /** @param url of the dispatcher, without a path */
    public ApiClient(String url, SecretValue token) {
        this.base = url + "/api/v1";
        this.token = token;
    }

    /** Which tasks to list; absent parts do not filter. */
    public record Filter(Optional<String> state, Optional<String> source, List<String> labels, int limit) {}

    /**
     * Submits under an execution id of the caller's, and again if it is not known what became of it: the id keeps it from
     * running twice.
     */
    public Api.Task submit(Api.Submit submit) {
        for (int tries = 1; ; tries++) {
            try {
                return submitOnce(submit);
            } catch (ApiFailure e) {
                if (!e.isFateUnknown()
                        || tries == SUBMIT_TRIES
                        || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
            }
            LockSupport.parkNanos(SUBMIT_PAUSE.multipliedBy(tries).toNanos());
        }
    }

    private Api.Task submitOnce(Api.Submit submit) {
        try {
            var body = BodyPublishers.ofByteArray(Json.MAPPER.writeValueAsBytes(submit));
            return read(
                    send(request("/tasks")
                            .header("Content-Type", "application/json")
                            .POST(body)),
                    new TypeReference<>() {});
        } catch (JacksonException e) {
            throw new IllegalStateException("a record of our own cannot be written as JSON", e);
        }
    }

    /** @param id an execution's, or a task's for its newest execution */
    public Api.Task task(String id) {
        return read(send(request("/tasks/" + encode(id))), new TypeReference<>() {});
    }

    public Api.Task cancel(String id) {
        return read(
                send(request("/tasks/" + encode(id) + "/cancel").POST(BodyPublishers.noBody())),
                new TypeReference<>() {});
    }

    /** Ends every running task and launches nothing more; to be called until it has. */
    public Api.Shutdown shutDown() {
        return read(send(request("/shutdown").POST(BodyPublishers.noBody())), new TypeReference<>() {});
    }

    public List<Api.Event> events(String id) {
        return read(send(request("/tasks/" + encode(id) + "/events")), new TypeReference<>() {});
    }

    public List<Api.Executor> executors() {
        return read(send(request("/executors")), new TypeReference<>() {});
    }

    /** Newest first. */
    public Api.TaskPage tasks(Filter filter) {
        var query = new StringJoiner("&", "/tasks?", "");
        filter.state().ifPresent(state -> query.add("state=" + encode(state)));
        filter.source().ifPresent(source -> query.add("source=" + encode(source)));
        filter.labels().forEach(label -> query.add("label=" + encode(label)));
        query.add("limit=" + filter.limit());
        return read(send(request(query.toString())), new TypeReference<>() {});
    }

    /** Copies the whole output as it is now. */
    public void copyOutput(String id, OutputStream to) throws IOException {
        try (var body = send(request("/tasks/" + encode(id) + "/logs").header("Accept", "text/plain"))
                .body()) {
            body.transferTo(to);
        }
    }

    /** The output from an offset on, as server-sent events, for as long as the server and the task last. */
    InputStream openOutput(String id, long offset) {
        return send(request("/tasks/%s/logs?offset=%d".formatted(encode(id), offset))
                        .header("Accept", "text/event-stream"))
                .body();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path))
                .timeout(ANSWER_PATIENCE)
                .header("Authorization", "Bearer " + token.reveal());
    }

    private HttpResponse<InputStream> send(HttpRequest.Builder request) {
        try {
            var answer = http.send(request.build(), BodyHandlers.ofInputStream());
            if (answer.statusCode() / 100 != 2) {
                throw new ApiFailure(answer.statusCode(), problem(answer));
            }
            return answer;
        } catch (IOException e) {
            throw new ApiFailure(
                    ApiFailure.UNREACHABLE,
                    "Slipway does not answer at %s: 'slipway status' shows which services run, 'slipway up' starts those that are missing"
                            .formatted(base));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ApiFailure(ApiFailure.UNREACHABLE, "the call was interrupted");
        }
    }

    private static String problem(HttpResponse<InputStream> answer) {
        var fallback = answer.statusCode() == 401
                ? "Slipway refuses the token: does env.json of another state directory lie there? (HTTP 401)"
                : "Slipway answered HTTP %d without saying why: see the dispatcher's log"
                        .formatted(answer.statusCode());
        try (var body = answer.body()) {
            var problem = Json.MAPPER.readValue(body.readNBytes(MAX_ANSWER_BYTES), Api.Problem.class);
            return problem.detail() == null || problem.detail().isBlank() ? fallback : problem.detail();
        } catch (IOException e) {
            return fallback;
        }
    }

    private static <T> T read(HttpResponse<InputStream> answer, TypeReference<T> type) {
        try (var body = answer.body()) {
            return Json.MAPPER.readValue(body.readNBytes(MAX_ANSWER_BYTES), type);
        } catch (IOException e) {
            throw new ApiFailure(
                    ApiFailure.UNREACHABLE, "Slipway's answer broke off or is of another version: try again");
        }
    }

    private static String encode(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
