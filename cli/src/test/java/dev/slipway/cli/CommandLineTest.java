package dev.slipway.cli;

import static dev.slipway.cli.api.StubApi.event;
import static dev.slipway.cli.api.StubApi.events;
import static dev.slipway.cli.api.StubApi.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.cli.api.StubApi;
import dev.slipway.protocol.Api;
import dev.slipway.protocol.Bytes;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.TaskState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands against services that "run": a stub of the API, and this very process as every service's. */
class CommandLineTest {
    private static final String LOGS = "GET /api/v1/tasks/x-1/logs";
    private static final String CANCEL = "POST /api/v1/tasks/x-1/cancel";

    @TempDir
    private Path directory;

    private final StubApi api = new StubApi();
    private TestHost host;

    @BeforeEach
    void prepare() throws IOException {
        host = new TestHost(directory);
        RunningServices.pretend(host, api, ProcessHandle.current());
        api.answer("POST /api/v1/tasks", json(201, Tasks.in(TaskState.QUEUED)));
    }

    @AfterEach
    void close() {
        api.close();
    }

    @Test
    void runPrintsTheOutputAndExitsWithTheCommandsCode() {
        ends(Tasks.failed(FailureReason.AGENT_INVOCATION, OptionalInt.of(3), "m"), "hello\n");

        assertThat(host.run("run", "--", "sh", "-c", "echo hello; exit 3")).isEqualTo(3);
        assertThat(host.out()).isEqualTo("hello\n");
        assertThat(host.err()).isEmpty();
    }

    @Test
    void runSubmitsWhatWasAskedFor() throws IOException {
        ends(Tasks.in(TaskState.SUCCEEDED), "");
        host.environment().put("INHERITED", "from caller");

        host.run(
                "run",
                "-e",
                "A=1=2",
                "--env",
                "INHERITED",
                "--env",
                "MISSING",
                "--timeout",
                "10m",
                "--label",
                "k=v",
                "/usr/bin/printf",
                "-e",
                "--detach",
                "--",
                "x");

        var body = submitted();
        assertThat(body.get("command").toString()).isEqualTo("[\"/usr/bin/printf\",\"-e\",\"--detach\",\"--\",\"x\"]");
        assertThat(body.get("env").toString())
                .contains("\"A\":\"1=2\"", "\"INHERITED\":\"from caller\"", "\"MISSING\":\"\"");
        assertThat(body.get("workdir").asText()).isEqualTo(directory.toString());
        assertThat(body.get("timeoutSeconds").asLong()).isEqualTo(600);
        assertThat(body.get("labels").toString()).isEqualTo("{\"k\":\"v\"}");
        assertThat(body.get("title").asText()).isEqualTo("printf");
    }

    @Test
    void runSaysWhyTheCommandCouldNotRun() {
        ends(Tasks.failed(FailureReason.AGENT_INVOCATION, OptionalInt.empty(), "nothing is called oops"), "");

        assertThat(host.run("run", "--", "oops")).isEqualTo(125);
        assertThat(host.err()).isEqualTo("slipway: nothing is called oops\n");
    }

    @Test
    void runPassesOnWhyTheDispatcherRefuses() {
        api.answer("POST /api/v1/tasks", json(429, new Api.Problem("t", "t", 429, "the queue is full: wait")));

        assertThat(host.run("run", "--", "true")).isEqualTo(125);
        assertThat(host.err()).isEqualTo("slipway: the queue is full: wait\n");
    }

    @Test
    void runSubmitsAgainUnderTheSameIdWhenItIsNotKnownWhatBecameOfIt() throws IOException {
        api.answer(
                "POST /api/v1/tasks",
                json(503, new Api.Problem("t", "t", 503, "the ledger did not answer in time")),
                json(200, Tasks.in(TaskState.QUEUED)));
        ends(Tasks.in(TaskState.SUCCEEDED), "");

        assertThat(host.run("run", "--", "true")).isZero();

        assertThat(api.asked("POST /api/v1/tasks").stream()
                        .map(StubApi.Asked::body)
                        .distinct())
                .hasSize(1);
        assertThat(api.asked("POST /api/v1/tasks")).hasSize(2);
        assertThat(submitted().get("executionId").asText()).isNotBlank();
    }

    @Test
    void theServicesStayWhenItIsNotKnownWhetherTheTaskWasTaken() throws IOException {
        var launch = host.stateDir().resolve("launch.json");
        Files.writeString(launch, Files.readString(launch).replace("OPERATOR", "RUN"));
        api.answer("POST /api/v1/tasks", json(503, new Api.Problem("t", "t", 503, "the ledger did not answer")));

        assertThat(host.run("run", "--", "true")).isEqualTo(125);
        assertThat(host.err())
                .contains(
                        "not known whether the task was taken",
                        "'slipway show " + submitted().get("executionId").asText() + "'",
                        "the ledger did not answer");
        assertThat(Files.readString(launch)).contains("OPERATOR");
    }

    @Test
    void runWithAnImageNeedsAnExecutorThatRunsImages() {
        api.answer(
                "GET /api/v1/executors", json(200, List.of(Map.of("id", "e", "backend", "direct", "present", true))));

        assertThat(host.run("run", "--image", "busybox", "--", "true")).isEqualTo(125);
        assertThat(host.err()).contains("no executor here runs images");
        assertThat(api.asked("POST")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "run | COMMAND",
                "run --timeout soon -- x | '30s, 10m or 1h'",
                "run --label novalue -- x | KEY=VALUE",
                "run --env =v -- x | name is not empty",
                "run --workdir /no/such/dir -- x | is no directory",
                "run --no-such-option -- x | Unknown option"
            })
    void runRefusesMistakesWithItsOwnCode(String line, String words) {
        assertThat(host.run(line.split(" "))).isEqualTo(125);
        assertThat(host.err()).contains(words);
    }

    @Test
    void interruptedRunCancelsTheTaskAndWaitsUntilItIsCancelled() throws InterruptedException {
        var cancelled = new CountDownLatch(1);
        api.answer(CANCEL, exchange -> {
            cancelled.countDown();
            json(200, Tasks.in(TaskState.STOPPING)).write(exchange);
        });
        api.answer(LOGS, exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(output("partial"));
            exchange.getResponseBody().flush();
            host.interrupts().raise(Interrupts.Signal.INT);
            await(cancelled);
            exchange.getResponseBody()
                    .write(event("end", Tasks.in(TaskState.CANCELLED)).getBytes(StandardCharsets.UTF_8));
        });

        assertThat(host.run("run", "--", "sleep", "600")).isEqualTo(130);
        assertThat(host.out()).isEqualTo("partial");
        assertThat(api.asked(CANCEL)).hasSize(1);
    }

    @Test
    void aSecondInterruptEndsRunAtOnce() {
        api.answer(CANCEL, json(200, Tasks.in(TaskState.STOPPING)));
        api.answer(LOGS, exchange -> {
            host.interrupts().raise(Interrupts.Signal.INT);
            host.interrupts().raise(Interrupts.Signal.INT);
            events(event("end", Tasks.in(TaskState.CANCELLED))).write(exchange);
        });

        host.run("run", "--", "sleep", "600");

        assertThat(host.interrupts().endedWith()).isEqualTo(Optional.of(130));
    }

    @Test
    void runCancelsTheTaskWhenNobodyReadsItsOutput() {
        var cancelled = new CountDownLatch(1);
        api.answer(CANCEL, exchange -> {
            cancelled.countDown();
            json(200, Tasks.in(TaskState.STOPPING)).write(exchange);
        });
        api.answer(LOGS, exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(output("y"));
            exchange.getResponseBody().flush();
            await(cancelled);
            exchange.getResponseBody().write(output("yy"));
            exchange.getResponseBody()
                    .write(event("end", Tasks.in(TaskState.CANCELLED)).getBytes(StandardCharsets.UTF_8));
        });
        host.breakOutput();

        assertThat(host.run("run", "--", "yes")).isEqualTo(125);
        assertThat(host.err()).contains("the output cannot be written", "the task was cancelled");
    }

    @Test
    void theServicesStayWhenTheTaskIsNotSeenToItsEnd() throws IOException {
        var launch = host.stateDir().resolve("launch.json");
        Files.writeString(launch, Files.readString(launch).replace("OPERATOR", "RUN"));
        api.answer(LOGS, json(400, Map.of("detail", "no such offset")));

        assertThat(host.run("run", "--", "true")).isEqualTo(125);
        assertThat(host.err()).contains("no such offset", "the services stay for it: 'slipway show x-1'");
        assertThat(Files.readString(launch)).contains("OPERATOR");
    }

    @Test
    void aDetachedRunPrintsTheId() {
        assertThat(host.run("run", "--detach", "--", "true")).isZero();
        assertThat(host.out()).isEqualTo("x-1\n");
    }

    @Test
    void atATerminalRunTellsWhatTheTaskIsDoing() {
        host.atTerminal();
        var told = new CountDownLatch(1);
        api.answer("GET /api/v1/tasks/x-1", exchange -> {
            json(200, Tasks.queued("x-1", "t", "a slot")).write(exchange);
            told.countDown();
        });
        api.answer(LOGS, exchange -> {
            await(told);
            host.awaitErr("a slot");
            events(event("end", Tasks.in(TaskState.SUCCEEDED))).write(exchange);
        });

        assertThat(host.run("run", "--", "true")).isZero();
        assertThat(host.err()).isEqualTo("slipway: queued: a slot\n");
    }

    @Test
    void psFiltersAndListsAsTextOrJson() throws IOException {
        api.answer(
                "GET /api/v1/tasks",
                json(200, new Api.TaskPage(List.of(Tasks.queued("x-1", "claude", "a slot")), Optional.empty())));

        assertThat(host.run("ps", "--state", "queued", "--label", "k=v w", "-o", "json"))
                .isZero();
        assertThat(api.asked("GET /api/v1/tasks").getLast().line())
                .endsWith("/tasks?state=queued&label=k%3Dv%20w&limit=50");
        assertThat(Json.MAPPER.readTree(host.out()).get(0).get("executionId").asText())
                .isEqualTo("x-1");
        assertThat(host.run("ps")).isZero();
        assertThat(host.out()).contains("x-1  queued", "a slot");
    }

    @Test
    void psSaysWhenThereIsNothing() {
        api.answer("GET /api/v1/tasks", json(200, new Api.TaskPage(List.of(), Optional.empty())));

        assertThat(host.run("ps")).isZero();
        assertThat(host.out()).isEqualTo("no tasks\n");
    }

    @Test
    void showPrintsTaskAndTimeline() {
        api.answer("GET /api/v1/tasks/x-1", json(200, Tasks.in(TaskState.RUNNING)));
        api.answer(
                "GET /api/v1/tasks/x-1/events",
                json(
                        200,
                        List.of(new Api.Event(
                                1,
                                "x-1",
                                Optional.empty(),
                                TaskState.QUEUED,
                                "submitted",
                                "api",
                                0,
                                "2026-01-01T00:00:00Z"))));

        assertThat(host.run("show", "x-1")).as(host::err).isZero();
        assertThat(host.out()).contains("state      running", "submitted");
    }

    @Test
    void cancelPrintsTheState() {
        api.answer(CANCEL, json(200, Tasks.in(TaskState.STOPPING)));

        assertThat(host.run("cancel", "x-1")).isZero();
        assertThat(host.out()).isEqualTo("x-1: stopping\n");
    }

    @Test
    void logsPrintsTheOutputAsItIsAndFollowsWhenAsked() {
        api.answer(LOGS, exchange -> {
            exchange.sendResponseHeaders(200, 3);
            exchange.getResponseBody().write("a\nb".getBytes(StandardCharsets.UTF_8));
        });
        assertThat(host.run("logs", "x-1")).isZero();
        assertThat(host.out()).isEqualTo("a\nb");

        ends(Tasks.failed(FailureReason.UNKNOWN, OptionalInt.of(3), "m"), "c");
        assertThat(host.run("logs", "x-1", "-f")).isZero();
        assertThat(host.out()).endsWith("c");
    }

    @Test
    void sumsUpOutputThatIsNotKept() {
        api.answer(
                LOGS,
                events(
                        event("output", new Api.LogChunk(0, Bytes.of("a".getBytes(StandardCharsets.UTF_8)))),
                        event("gap", new Api.LogGap(1, 10)),
                        event("output", new Api.LogChunk(11, Bytes.of("b".getBytes(StandardCharsets.UTF_8)))),
                        event("gap", new Api.LogGap(12, 5)),
                        event("end", Tasks.in(TaskState.SUCCEEDED))));

        assertThat(host.run("logs", "x-1", "-f")).isZero();

        assertThat(host.out()).isEqualTo("ab");
        assertThat(host.err().lines())
                .containsExactly(
                        "slipway: from here on, output is missing that is not kept any more",
                        "slipway: 15 bytes of the output are not kept any more");
    }

    @Test
    void anUnknownIdIsAFailureWithTheDispatchersWords() {
        assertThat(host.run("show", "nobody/../x")).isEqualTo(1);
        assertThat(host.err()).isEqualTo("slipway: there is no such thing\n");
        assertThat(api.asked("GET /api").getLast().line()).isEqualTo("GET /api/v1/tasks/nobody%2F..%2Fx");
    }

    @Test
    void statusShowsTheServicesWithoutTheToken() {
        assertThat(host.run("status")).isZero();
        assertThat(host.out()).contains("dispatcher", "ready").doesNotContain(StubApi.TOKEN);
        assertThat(host.run("status", "-o", "json")).isZero();
        assertThat(host.out()).contains("\"ready\" : true").doesNotContain(StubApi.TOKEN);
    }

    @Test
    void checkSaysEverythingThatIsWrongInAFile() throws IOException {
        Files.writeString(directory.resolve("good.yaml"), "worker_id: w\nbackend: {kubernetes: {namespace: n}}\n");
        Files.writeString(directory.resolve("bad.yaml"), "worker_id: w\ncolour: red\ncleanup: perhaps\n");

        assertThat(host.run("check", "good.yaml")).isZero();
        assertThat(host.out()).isEqualTo("good.yaml is valid (worker id: w; backend: kubernetes)\n");
        assertThat(host.run("check", "bad.yaml")).isEqualTo(1);
        assertThat(host.err()).contains("line 2: colour: unknown key", "line 3: cleanup: must be true or false");
        assertThat(host.run("check", "none.yaml")).isEqualTo(1);
        assertThat(host.err()).contains("no such file");
    }

    @Test
    void upSaysWhenEverythingRunsAlready() {
        assertThat(host.run("up")).isZero();
        assertThat(host.out()).contains("all services run already", "no control plane: local work only");
    }

    @Test
    void withoutServicesCommandsSayHowToStartThem() throws IOException {
        Files.delete(host.stateDir().resolve("env.json"));
        Files.delete(host.stateDir().resolve("launch.json"));

        assertThat(host.run("ps")).isEqualTo(1);
        assertThat(host.err()).contains("slipway up");
        assertThat(host.run("status")).isEqualTo(3);
        assertThat(host.run("down")).isZero();
        assertThat(host.out()).contains("no services run in");
    }

    @Test
    void withoutACommandItShowsWhatToDo() {
        assertThat(host.run()).isEqualTo(1);
        assertThat(host.err()).contains("slipway --help");
        assertThat(host.run("--version")).isZero();
        assertThat(host.run("--help")).isZero();
        assertThat(host.out()).contains("slipway run -- sh -c");
    }

    private void ends(Api.Task ended, String text) {
        api.answer(
                LOGS,
                events(
                        event("output", new Api.LogChunk(0, Bytes.of(text.getBytes(StandardCharsets.UTF_8)))),
                        event("end", ended)));
    }

    private static byte[] output(String text) {
        return event("output", new Api.LogChunk(0, Bytes.of(text.getBytes(StandardCharsets.UTF_8))))
                .getBytes(StandardCharsets.UTF_8);
    }

    private JsonNode submitted() throws IOException {
        return Json.MAPPER.readTree(api.asked("POST /api/v1/tasks").getFirst().body());
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
