package dev.slipway.dispatcher.api;

import static io.restassured.RestAssured.given;

import io.restassured.http.ContentType;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Plays people, a connector and an executor by hand. */
final class Play {
    private static long incarnations = 1;

    private final long incarnation = incarnations++;
    private long seq;
    private String session = "";

    static RequestSpecification people() {
        return given().header("Authorization", "Bearer " + DispatcherUnderTest.API_TOKEN);
    }

    static RequestSpecification services() {
        return given().header("Authorization", "Bearer " + DispatcherUnderTest.INTERNAL_TOKEN)
                .contentType(ContentType.JSON);
    }

    static Response submit(Map<String, Object> body) {
        return people().contentType(ContentType.JSON).body(body).post("/api/v1/tasks");
    }

    static String submitted(Map<String, Object> body) {
        return submit(body).then().statusCode(201).extract().path("executionId");
    }

    static JsonPath task(String id) {
        return people().get("/api/v1/tasks/" + id)
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
    }

    static JsonPath cancel(String id) {
        return people().post("/api/v1/tasks/" + id + "/cancel")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
    }

    /** The control plane's assignment of an agent. */
    static Response assign(String execution, String task) {
        Map<String, Object> spec = Map.of(
                "taskId",
                task,
                "program",
                Map.of("type", "agent", "args", List.of("agent", "run")),
                "env",
                Map.of("TOKEN", "canary-env-value"),
                "traceparent",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        return services()
                .body(Map.of("executionId", execution, "namedExecution", true, "title", "A title", "spec", spec))
                .post("/internal/v1/tasks");
    }

    /** The connector's sync; {@code more} over an empty one. */
    JsonPath connector(Map<String, Object> more) {
        Map<String, Object> body = new HashMap<>(Map.of(
                "incarnation",
                incarnation,
                "seq",
                ++seq,
                "connected",
                true,
                "holding",
                List.of(),
                "claimsWritten",
                List.of(),
                "confirmed",
                List.of(),
                "declined",
                List.of(),
                "dialFailures",
                0,
                "remoteCloses",
                0));
        body.putAll(more);
        return services()
                .body(body)
                .post("/internal/v1/connectors/c-1/sync")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
    }

    /** The executor's sync; it learns the session by itself. */
    JsonPath executor(String id, List<Map<String, Object>> runs, List<Map<String, Object>> finished) {
        if (session.isEmpty()) {
            sync(id, List.of(), List.of());
        }
        return sync(id, runs, finished);
    }

    private JsonPath sync(String id, List<Map<String, Object>> runs, List<Map<String, Object>> finished) {
        JsonPath answer = services()
                .body(sync(++seq, runs, finished))
                .post("/internal/v1/executors/" + id + "/sync")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
        session = answer.getString("session");
        return answer;
    }

    Map<String, Object> sync(long number, List<Map<String, Object>> runs, List<Map<String, Object>> finished) {
        return Map.of(
                "incarnation", incarnation,
                "seq", number,
                "backend", "direct",
                "slots", 0,
                "session", session,
                "runs", runs,
                "finished", finished);
    }

    static Map<String, Object> key(String execution, int attempt) {
        return Map.of("execution", execution, "attempt", attempt);
    }

    static Map<String, Object> preparing(String execution, String words) {
        return Map.of("key", key(execution, 1), "started", false, "stopping", false, "preparing", words);
    }

    static Map<String, Object> running(String execution) {
        return Map.of("key", key(execution, 1), "started", true, "stopping", false, "startedAtMillis", 1);
    }

    static Map<String, Object> exited(String execution, int code) {
        return Map.of(
                "key",
                key(execution, 1),
                "ending",
                Map.of(
                        "ending",
                        "exited",
                        "code",
                        code,
                        "reason",
                        "agent_invocation",
                        "message",
                        "the agent exited with " + code,
                        "stopped",
                        false),
                "startedAtMillis",
                1,
                "endedAtMillis",
                2);
    }

    static Map<String, Object> notStarted(String execution) {
        return Map.of(
                "key",
                key(execution, 1),
                "ending",
                Map.of("ending", "not_started", "reason", "task_cancelled", "message", "revoked"),
                "startedAtMillis",
                0,
                "endedAtMillis",
                2);
    }

    static Response append(String execution, int attempt, long offset, byte[] bytes) {
        return services()
                .body(Map.of(
                        "attempt",
                        attempt,
                        "offset",
                        offset,
                        "bytes",
                        Base64.getEncoder().encodeToString(bytes),
                        "cursor",
                        "c" + offset))
                .post("/internal/v1/executions/" + execution + "/logs");
    }

    /** Ends everything that is open, so that the next test begins with free slots. */
    static void endEverything() {
        for (String state : List.of("queued", "launching", "running")) {
            List<String> open = people().get("/api/v1/tasks?limit=500&state=" + state)
                    .jsonPath()
                    .getList("tasks.executionId");
            open.forEach(Play::cancel);
        }
        List<Map<String, String>> stopping = people().get("/api/v1/tasks?limit=500&state=stopping")
                .jsonPath()
                .getList("tasks");
        stopping.stream()
                .collect(Collectors.groupingBy(
                        task -> String.valueOf(task.get("executor")),
                        Collectors.mapping(
                                task -> notStarted(String.valueOf(task.get("executionId"))), Collectors.toList())))
                .forEach((executor, finished) -> new Play().executor(executor, List.of(), finished));
    }
}
