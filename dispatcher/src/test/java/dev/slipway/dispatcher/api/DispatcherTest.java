package dev.slipway.dispatcher.api;

import static dev.slipway.dispatcher.api.Play.people;
import static dev.slipway.dispatcher.api.Play.services;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The dispatcher through its ports, with people, connector and executor played by hand. */
@QuarkusTest
@WithTestResource(DispatcherUnderTest.class)
class DispatcherTest {
    private static final Map<String, Object> HELLO = Map.of("command", List.of("echo", "hello"));

    @TestHTTPResource
    URI address;

    @TestHTTPResource(value = "/", management = true)
    URI management;

    private final Play play = new Play();
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void endEverything() {
        client.shutdownNow();
        Play.endEverything();
    }

    private static String unique(String prefix) {
        return prefix + "-" + UUID.randomUUID();
    }

    // --- the whole life

    @Test
    void anAssignmentIsClaimedRunAndItsResultConfirmed() {
        String execution = unique("e");
        String task = unique("t");
        Play.assign(execution, task).then().statusCode(200).body("taken", equalTo("QUEUED"));
        Play.assign(execution, task).then().statusCode(200).body("taken", equalTo("OPEN"));
        assertThat(Play.task(execution).getString("waiting")).contains("claim");

        JsonPath claim = play.connector(Map.of());
        assertThat(claim.getList("messages.executionId")).contains(execution);
        List<Long> ids = claim.getList("messages.id", Long.class); // also what other tests left
        play.connector(Map.of("claimsWritten", ids, "confirmed", ids));

        JsonPath launched = play.executor("x-1", List.of(), List.of());
        assertThat(launched.getString("launch[0].key.execution")).isEqualTo(execution);
        assertThat(launched.getInt("launch[0].key.attempt")).isEqualTo(1);
        assertThat(launched.getString("launch[0].spec.env.TOKEN")).isEqualTo("canary-env-value");
        assertThat(launched.getList("launch[0].spec.program.args")).containsExactly("agent", "run");
        assertThat(Play.task(task).getString("state")).isEqualTo("launching");

        play.executor("x-1", List.of(Play.running(execution)), List.of());
        JsonPath running = Play.task(task);
        assertThat(running.getString("state")).isEqualTo("running");
        assertThat(running.getString("traceId")).isEqualTo("0af7651916cd43dd8448eb211c80319c");

        JsonPath acknowledged = play.executor("x-1", List.of(), List.of(Play.exited(execution, 7)));
        assertThat(acknowledged.getList("ack.execution")).containsExactly(execution);
        JsonPath failed = Play.task(task);
        assertThat(failed.getString("state")).isEqualTo("failed");
        assertThat(failed.getInt("exitCode")).isEqualTo(7);
        assertThat(failed.getString("reason")).isEqualTo("agent_invocation");

        JsonPath result = play.connector(Map.of());
        assertThat(result.getList("messages.executionId")).containsExactly(execution);
        assertThat(result.getString("messages[0].outcome.result")).isEqualTo("failed");
        assertThat(result.getInt("messages[0].outcome.exitCode")).isEqualTo(7);
        List<Long> results = result.getList("messages.id", Long.class);
        assertThat(play.connector(Map.of("confirmed", results)).getList("messages"))
                .isEmpty();
        Play.assign(execution, task).then().body("taken", equalTo("ENDED"));
        people().get("/api/v1/tasks/" + execution + "/events")
                .then()
                .body("to", equalTo(List.of("queued", "launching", "running", "failed")));
    }

    @Test
    void whatAnExecutorPreparesIsShownWhileItDoesAndKeptAsAnEvent() {
        String execution = Play.submitted(HELLO);
        play.executor("x-1", List.of(), List.of());

        play.executor("x-1", List.of(Play.preparing(execution, "pulling image a:1: 1 of 2 layers")), List.of());

        assertThat(Play.task(execution).getString("waiting")).isEqualTo("pulling image a:1: 1 of 2 layers");
        people().get("/api/v1/tasks/" + execution + "/events")
                .then()
                .body("to", equalTo(List.of("queued", "launching", "launching")))
                .body("[2].from", equalTo("launching"))
                .body("[2].cause", equalTo("pulling image a:1: 1 of 2 layers"))
                .body("[2].actor", equalTo("executor:x-1"));
    }

    @Test
    void aCommandRunsAndItsOutputIsFollowedLiveToItsEnd() throws Exception {
        String execution = Play.submitted(HELLO);
        play.executor("x-1", List.of(), List.of());
        var lines = new CopyOnWriteArrayList<String>();
        CompletableFuture<Void> followed = follow("/api/v1/tasks/" + execution + "/logs", lines);
        await().until(() -> !lines.isEmpty());

        Play.append(execution, 1, 0, "hello\n".getBytes(StandardCharsets.UTF_8))
                .then()
                .statusCode(200)
                .body("length", equalTo(6))
                .body("accepted", equalTo(true));
        await().until(() -> lines.contains("data: {\"offset\":0,\"bytes\":\"aGVsbG8K\"}"));
        Play.append(execution, 1, 0, new byte[1])
                .then()
                .body("length", equalTo(6))
                .body("accepted", equalTo(false));
        play.executor("x-1", List.of(), List.of(Play.exited(execution, 0)));
        followed.get();

        assertThat(lines).contains("event: output", "id: 6", "event: end");
        assertThat(lines.getLast()).contains("\"state\":\"succeeded\"", "\"exitCode\":0");
        people().get("/api/v1/tasks/" + execution + "/logs")
                .then()
                .contentType(ContentType.TEXT)
                .body(equalTo("hello\n"));
        people().get("/api/v1/tasks/" + execution + "/logs?offset=2").then().body(equalTo("llo\n"));
    }

    @Test
    void outputPastTheCapIsLeftOutWithAMarker() throws Exception {
        String execution = Play.submitted(HELLO);
        play.executor("x-1", List.of(), List.of());
        String piece = Base64.getEncoder().encodeToString("x".repeat(1 << 20).getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < 18; i++) {
            String body = "{\"attempt\":1,\"offset\":%d,\"bytes\":\"%s\",\"cursor\":\"c\"}".formatted(i << 20, piece);
            HttpRequest append = request(
                            "/internal/v1/executions/" + execution + "/logs", DispatcherUnderTest.INTERNAL_TOKEN)
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            assertThat(client.send(append, HttpResponse.BodyHandlers.discarding())
                            .statusCode())
                    .isEqualTo(200);
        }
        String path = "/api/v1/tasks/" + execution + "/logs";
        String text = client.send(
                        request(path, DispatcherUnderTest.API_TOKEN).build(), HttpResponse.BodyHandlers.ofString())
                .body();
        int marker = text.indexOf("\n[slipway: 2");
        assertThat(marker).isEqualTo(4 << 20);
        assertThat(text.substring(marker, marker + 50)).matches("(?s)\n\\[slipway: \\d+ bytes left out here\\]\nx+");
        assertThat(text.length()).isBetween(16 << 20, (16 << 20) + 100);

        Play.cancel(execution);
        play.executor("x-1", List.of(), List.of(Play.notStarted(execution)));
        var lines = new CopyOnWriteArrayList<String>();
        follow(path + "?offset=" + ((4 << 20) - 3), lines).get();
        assertThat(lines.subList(0, 7))
                .contains("data: {\"offset\":%d,\"bytes\":\"eHh4\"}".formatted((4 << 20) - 3), "event: gap");
        assertThat(lines).contains("event: end");
    }

    private HttpRequest.Builder request(String path, String token) {
        return HttpRequest.newBuilder(address.resolve(path)).header("Authorization", "Bearer " + token);
    }

    private CompletableFuture<Void> follow(String path, List<String> lines) {
        var request = request(path, DispatcherUnderTest.API_TOKEN)
                .header("Accept", "text/event-stream")
                .build();
        return client.sendAsync(request, HttpResponse.BodyHandlers.ofLines())
                .thenAcceptAsync(response ->
                        response.body().filter(line -> !line.isEmpty()).forEach(lines::add));
    }

    @Test
    void transitionsAreFollowedLiveFromANumberOn() {
        String first = Play.submitted(HELLO);
        long seq = people().get("/api/v1/tasks/" + first + "/events").jsonPath().getLong("[0].seq");
        var lines = new CopyOnWriteArrayList<String>();
        CompletableFuture<Void> followed = follow("/api/v1/events?from=" + (seq - 1), lines);
        await().until(() -> lines.stream().anyMatch(line -> line.contains(first)));
        String second = Play.submitted(HELLO);
        await().until(() ->
                lines.stream().anyMatch(line -> line.contains(second) && line.contains("\"to\":\"queued\"")));
        assertThat(followed).isNotDone();
        followed.cancel(true);
    }

    @Test
    void aSubmissionUnderAnIdOfItsOwnCanBeSentAgain() {
        String id = unique("mine");
        Map<String, Object> mine = Map.of("command", List.of("true"), "title", "T", "executionId", id);
        JsonPath first = Play.submit(mine).then().statusCode(201).extract().jsonPath();
        JsonPath again = Play.submit(mine).then().statusCode(200).extract().jsonPath();
        assertThat(first.getString("executionId")).isEqualTo(id);
        assertThat(again.getString("taskId")).isEqualTo(first.getString("taskId"));
        assertThat(again.getString("createdAt")).isEqualTo(first.getString("createdAt"));
        assertThat(first.getString("title")).isEqualTo("T");
        assertThat(people().get("/api/v1/tasks/" + id + "/events").jsonPath().getList("to"))
                .containsExactly("queued");

        String theirs = unique("e");
        Play.assign(theirs, unique("t"));
        Play.submit(Map.of("command", List.of("true"), "executionId", theirs))
                .then()
                .statusCode(409)
                .contentType("application/problem+json");
        Play.submit(Map.of("command", List.of("true"), "executionId", "new\nline"))
                .then()
                .statusCode(422);
    }

    @Test
    void anIncompleteReportIsRefusedAndHarmsNobody() {
        play.executor("x-1", List.of(), List.of());
        for (String finished : List.of("{}", "{\"key\":{\"execution\":\"e\",\"attempt\":1}}", "null")) {
            services()
                    .body(
                            "{\"incarnation\":9,\"seq\":9,\"backend\":\"direct\",\"slots\":0,\"session\":\"s\",\"runs\":[],\"finished\":[%s]}"
                                    .formatted(finished))
                    .post("/internal/v1/executors/x-9/sync")
                    .then()
                    .statusCode(400)
                    .contentType("application/problem+json");
        }
        assertThat(Play.submitted(HELLO)).isNotBlank();
    }

    // --- cancelling, draining, limits

    @Test
    void aQueuedTaskIsCancelledAtOnceAndARunningOneWhenItsExecutorSaysSo() {
        String queued = Play.submitted(HELLO);
        assertThat(Play.cancel(queued).getString("state")).isEqualTo("cancelled");

        String running = Play.submitted(HELLO);
        play.executor("x-1", List.of(), List.of());
        play.executor("x-1", List.of(Play.running(running)), List.of());
        assertThat(Play.cancel(running).getString("state")).isEqualTo("stopping");
        JsonPath told = play.executor("x-1", List.of(Play.running(running)), List.of());
        assertThat(told.getList("stop.key.execution")).containsExactly(running);
        assertThat(told.getLong("stop[0].graceMillis")).isPositive();
        play.executor("x-1", List.of(), List.of(Play.exited(running, 143)));
        assertThat(Play.task(running).getString("state")).isEqualTo("cancelled");
        assertThat(Play.task(running).getString("stopCause")).isEqualTo("user");
        assertThat(Play.cancel(running).getString("state")).isEqualTo("cancelled");
    }

    @Test
    void theControlPlaneCancelsByTask() {
        String task = unique("t");
        Play.assign(unique("e"), task).then().statusCode(200);
        services()
                .post("/internal/v1/tasks/" + task + "/cancel")
                .then()
                .statusCode(200)
                .body("cancelled", equalTo(1));
        services()
                .post("/internal/v1/tasks/" + task + "/cancel")
                .then()
                .statusCode(200)
                .body("cancelled", equalTo(0));
    }

    @Test
    void aDrainedExecutorGetsNoWorkUntilItIsUndrained() {
        play.executor("x-2", List.of(), List.of());
        people().post("/api/v1/executors/x-2/drain").then().statusCode(200).body("drained", equalTo(true));
        String execution = Play.submitted(HELLO);
        assertThat(play.executor("x-2", List.of(), List.of()).getList("launch")).isEmpty();
        people().post("/api/v1/executors/x-2/undrain").then().statusCode(200).body("drained", equalTo(false));
        assertThat(play.executor("x-2", List.of(), List.of()).getList("launch.key.execution"))
                .containsExactly(execution);
        people().get("/api/v1/executors").then().statusCode(200).body("find { it.id == 'x-2' }.active", equalTo(1));
    }

    @Test
    void pastTheQueueLimitNothingIsTakenIn() {
        for (int i = 0; i < 5; i++) {
            Play.submitted(HELLO);
        }
        Play.submit(HELLO).then().statusCode(429).header("Retry-After", "1").body("detail", containsString("queue"));
        Play.assign(unique("e"), unique("t"))
                .then()
                .statusCode(429)
                .body("detail", equalTo("worker at maximum concurrency"));
        assertThat(metrics()).contains("oz_worker_tasks_rejected_total{reason=\"at_capacity\"}");
    }

    @Test
    void tasksAreListedByStateAndLabelInPages() {
        String label = unique("v");
        for (int i = 0; i < 3; i++) {
            Play.submitted(Map.of("command", List.of("true"), "labels", Map.of("batch", label), "title", "n" + i));
        }
        JsonPath first = people().queryParam("label", "batch=" + label)
                .queryParam("limit", 2)
                .queryParam("state", "queued")
                .get("/api/v1/tasks")
                .jsonPath();
        assertThat(first.getList("tasks.title")).containsExactly("n2", "n1");
        JsonPath second = people().queryParam("label", "batch=" + label)
                .queryParam("limit", 2)
                .queryParam("cursor", first.getString("next"))
                .get("/api/v1/tasks")
                .jsonPath();
        assertThat(second.getList("tasks.title")).containsExactly("n0");
        assertThat(second.getString("next")).isNull();
        people().get("/api/v1/tasks?label=batch=none").then().body("tasks", equalTo(List.of()));
    }

    // --- executors that are late, wrong or too much

    @Test
    void anOutdatedSyncIsAConflict() {
        play.executor("x-3", List.of(), List.of());
        services()
                .body(play.sync(1, List.of(), List.of()))
                .post("/internal/v1/executors/x-3/sync")
                .then()
                .statusCode(409)
                .contentType("application/problem+json");
    }

    @Test
    void largePayloadsAreHandedOutOneByOne() {
        Map<String, String> env =
                IntStream.range(0, 30).boxed().collect(Collectors.toMap(i -> "V" + i, _ -> "x".repeat(100_000)));
        String first = Play.submitted(Map.of("command", List.of("true"), "env", env));
        String second = Play.submitted(Map.of("command", List.of("true"), "env", env));
        assertThat(play.executor("x-1", List.of(), List.of()).getList("launch.key.execution"))
                .containsExactly(first);
        assertThat(play.executor("x-1", List.of(Play.running(first)), List.of()).getList("launch.key.execution"))
                .containsExactly(second);
    }

    @Test
    void outputOfAnotherAttemptOrOfAnUnknownExecutionIsRefused() {
        String execution = Play.submitted(HELLO);
        play.executor("x-1", List.of(), List.of());
        Play.append(execution, 2, 0, new byte[1]).then().statusCode(409);
        Play.append(unique("e"), 1, 0, new byte[1]).then().statusCode(404);
        Play.append(execution, 1, -1, new byte[1]).then().statusCode(400);
        Play.append(execution, 1, 0, new byte[(1 << 20) + 1]).then().statusCode(413);
    }

    // --- who may call, and how errors look

    @ParameterizedTest
    @CsvSource({
        "GET,/api/v1/tasks",
        "POST,/api/v1/tasks",
        "GET,/api/v1/openapi",
        "GET,/api/v1/executors",
        "POST,/internal/v1/tasks",
        "GET,/nothing",
        "GET,/"
    })
    void everyCallNeedsItsToken(String method, String path) {
        for (String token : List.of(
                "",
                "Bearer wrong",
                "Bearer " + (path.startsWith("/internal") ? "canary-api-token" : "canary-internal-token"))) {
            Response response = given().header("Authorization", token).request(method, path);
            response.then()
                    .statusCode(401)
                    .contentType("application/problem+json")
                    .header("WWW-Authenticate", "Bearer");
            assertThat(response.asString()).doesNotContain("canary");
        }
    }

    @Test
    void aParameterWithinThePathOpensNoOtherDoor() {
        people().urlEncodingEnabled(false)
                .get("/internal;x/v1/executors/e/sync")
                .then()
                .statusCode(400)
                .body("detail", containsString("\";\""));
    }

    @Test
    void aForeignHostIsRefused() {
        people().header("Host", "rebound.example")
                .get("/api/v1/tasks")
                .then()
                .statusCode(421)
                .contentType("application/problem+json")
                .body("status", equalTo(421));
        people().header("Host", "localhost:1234").get("/api/v1/tasks").then().statusCode(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "404|GET|/api/v1/nothing|",
                "404|GET|/api/v1/tasks/none|",
                "404|GET|/api/v1/tasks/none/logs|",
                "404|POST|/api/v1/tasks/none/cancel|",
                "404|POST|/api/v1/executors/none/drain|",
                "405|DELETE|/api/v1/tasks|",
                "400|GET|/api/v1/tasks?limit=many|",
                "400|GET|/api/v1/tasks?state=canary|",
                "400|GET|/api/v1/tasks?label=canary|",
                "400|GET|/api/v1/events?from=canary|",
                "400|POST|/api/v1/tasks|",
                "400|POST|/api/v1/tasks|{canary",
                "400|POST|/api/v1/tasks|[]",
                "400|POST|/api/v1/tasks|{\"command\":{\"canary\":1}}",
                "400|POST|/api/v1/tasks|{\"command\":[\"true\"],\"env\":{\"canary\":{}}}",
                "400|POST|/api/v1/tasks|{\"command\":[\"true\"],\"env\":{\"canary\":null}}",
                "400|POST|/api/v1/tasks|{\"command\":[\"true\"],\"priority\":\"canary\"}",
                "422|POST|/api/v1/tasks|{}",
                "422|POST|/api/v1/tasks|{\"command\":[\"true\"],\"workdir\":\"canary\"}",
                "422|POST|/api/v1/tasks|{\"command\":[\"true\"],\"timeoutSeconds\":0}"
            })
    void errorsAreProblemDocumentsThatNeverRepeatWhatWasSent(int status, String method, String path, String body) {
        var call = people().contentType(ContentType.JSON);
        Response response = (body == null ? call : call.body(body)).request(method, path);
        response.then()
                .statusCode(status)
                .contentType("application/problem+json")
                .body("status", equalTo(status));
        assertThat(response.jsonPath().getString("detail")).isNotBlank();
        assertThat(response.asString()).doesNotContain("canary").doesNotContain("Exception");
    }

    @Test
    void otherMediaTypesAreRefusedAsProblems() {
        people().contentType(ContentType.TEXT)
                .body("x")
                .post("/api/v1/tasks")
                .then()
                .statusCode(415)
                .contentType("application/problem+json");
        people().accept("image/png")
                .get("/api/v1/tasks")
                .then()
                .statusCode(406)
                .contentType("application/problem+json");
    }

    @Test
    void internalCallsAreCheckedToo() {
        services()
                .body("{\"executionId\":\"e\"}")
                .post("/internal/v1/tasks")
                .then()
                .statusCode(400);
        services()
                .body("{canary")
                .post("/internal/v1/executors/x-1/sync")
                .then()
                .statusCode(400);
        services()
                .body(play.sync(1, List.of(), List.of()))
                .post("/internal/v1/executors/..%2Fx/sync")
                .then()
                .statusCode(400);
    }

    @Test
    void aBodyThatIsTooLargeIsAProblemThatSaysSo() throws Exception {
        try (var socket = new Socket(address.getHost(), address.getPort())) {
            socket.getOutputStream()
                    .write(
                            "POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Length: 99999999\r\n\r\n"
                                    .formatted(DispatcherUnderTest.API_TOKEN)
                                    .getBytes(StandardCharsets.US_ASCII));
            var answer = new Scanner(socket.getInputStream(), StandardCharsets.UTF_8).useDelimiter("}");
            assertThat(answer.next())
                    .startsWith("HTTP/1.1 413 ")
                    .contains("application/problem+json")
                    .contains("32 MiB");
        }
    }

    @Test
    void aLargeVariableIsTaken() {
        Play.submit(Map.of("command", List.of("true"), "env", Map.of("A", "x".repeat(127 << 10))))
                .then()
                .statusCode(201);
    }

    // --- what an operator sees

    private String metrics() {
        return given().get(management.resolve("/metrics"))
                .then()
                .statusCode(200)
                .extract()
                .asString();
    }

    @Test
    void everySeriesOfTheCatalogueIsThere() {
        assertThat(metrics())
                .contains(
                        "oz_worker_connected ",
                        "oz_worker_tasks_active ",
                        "oz_worker_tasks_max_concurrent 2.0",
                        "oz_worker_tasks_claimed_total ",
                        "oz_worker_tasks_rejected_total{reason=\"at_capacity\"} ",
                        "oz_worker_tasks_completed_total{result=\"succeeded\"} ",
                        "oz_worker_tasks_completed_total{result=\"failed\"} ",
                        "oz_worker_tasks_completed_total{result=\"cancelled\"} ",
                        "oz_worker_tasks_completed_total{result=\"dispatched\"} ",
                        "oz_worker_task_failures_total{phase=\"backend\",reason=\"image_pull\"} ",
                        "oz_worker_websocket_reconnects_total{reason=\"dial_failed\"} ",
                        "oz_worker_websocket_reconnects_total{reason=\"remote_close\"} ",
                        "oz_worker_info{",
                        "worker_id=\"worker-1\"",
                        "slipway_queue_depth ",
                        "slipway_ledger_commit_seconds_count ");
    }

    @Test
    void theDurationOfATaskHasTheBucketsThatDashboardsUse() {
        String execution = Play.submitted(HELLO);
        play.executor("x-1", List.of(), List.of());
        play.executor("x-1", List.of(), List.of(Play.exited(execution, 0)));
        String metrics = metrics();
        for (int bound : new int[] {5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000}) {
            assertThat(metrics)
                    .contains("oz_worker_task_duration_seconds_bucket{result=\"succeeded\",le=\"" + bound + ".0\"");
        }
    }

    @Test
    void healthIsSeenWithoutAToken() {
        given().get(management.resolve("/health/live")).then().statusCode(200).body("status", equalTo("UP"));
        given().get(management.resolve("/health/ready"))
                .then()
                .statusCode(200)
                .body("checks.name", containsInAnyOrder("ledger", "logs"));
    }

    @Test
    void theApiIsDescribedWithoutTheInternalCalls() {
        String description =
                people().get("/api/v1/openapi").then().statusCode(200).extract().asString();
        assertThat(description).contains("/api/v1/tasks/{id}/cancel").doesNotContain("/internal/");
    }
}
