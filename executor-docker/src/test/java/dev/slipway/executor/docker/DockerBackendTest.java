package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.executor.core.LogSource;
import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.testkit.Watching;
import dev.slipway.protocol.ExecutionKey;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What an engine cannot easily be brought to. */
class DockerBackendTest {
    private static final String EXECUTOR = "executor-fake";

    @Test
    void whatAnEngineDidNotStartItselfHasBegunAndEnds() throws Exception {
        RunId run = run(1);
        try (FakeEngine engine = engine()) {
            showing(
                    engine,
                    run,
                    "{'Status': 'running', 'StartedAt': '0001-01-01T00:00:00Z', 'FinishedAt': '0001-01-01T00:00:00Z'}",
                    "{'Status': 'created', 'ExitCode': 3, 'StartedAt': '0001-01-01T00:00:00Z', 'FinishedAt': '2026-01-02T03:04:06Z'}");
            engine.when("GET /containers/id-1/top", new FakeEngine.Answer(200, "{\"Processes\": [[\"7\"]]}"));
            try (DockerBackend backend = open(engine)) {
                assertThat(backend.observe(run, Duration.ZERO))
                        .isInstanceOfSatisfying(
                                Observed.Running.class,
                                running -> assertThat(running.startedAtMillis()).isPositive());
                assertThat(Watching.code(Watching.awaitEnd(backend, run))).isEqualTo(3);
            }
        }
    }

    @Test
    void anExecutorWithFewerSlotsThanSurvivorsFollowsThemAll() throws Exception {
        int count = 40;
        List<LogSource> followed = new ArrayList<>();
        try (FakeEngine engine = engine()) {
            for (int i = 1; i <= count; i++) {
                showing(engine, run(i), "{'Status': 'running', 'StartedAt': '2026-01-02T03:04:05Z'}");
                engine.whenWithoutEnd("GET /containers/id-" + i + "/logs");
            }
            engine.when("GET /containers/json", list(count));
            try (DockerBackend backend = open(engine)) {
                for (RunId run : Watching.runsLeft(backend)) {
                    LogSource logs = backend.logs(run, "");
                    followed.add(logs);
                    assertThat(logs.next(1, Duration.ofMillis(1)).bytes().length())
                            .isZero();
                }

                await().atMost(Watching.PATIENCE)
                        .until(() -> engine.asked().stream()
                                        .filter(call -> call.endsWith("/logs"))
                                        .count()
                                == count);
                for (LogSource logs : followed) {
                    logs.close();
                }
            }
        }
    }

    private static RunId run(int number) {
        return new RunId("0b9c3f8e-2f0a-4f13-8f65-54a0a1e6d2b7", new ExecutionKey("run-" + number, 1));
    }

    private static FakeEngine engine() throws IOException {
        return FakeEngine.start()
                .when("GET /_ping", new FakeEngine.Answer(200, "OK"))
                .when("GET /version", json("{'Os': 'linux', 'Arch': 'amd64', 'Version': '20.10'}"))
                .when("GET /info", json("{'Plugins': {'Log': ['local']}}"))
                .when("GET /volumes", json("{'Volumes': []}"))
                .when("GET /containers/json", json("[]"));
    }

    /** @param states of its container, one after the other */
    private static void showing(FakeEngine engine, RunId run, String... states) {
        String id = "id-" + run.key().execution().replace("run-", "");
        FakeEngine.Answer[] answers = new FakeEngine.Answer[states.length];
        for (int i = 0; i < states.length; i++) {
            answers[i] = json("{'Id': '%s', 'Created': '2026-01-02T03:04:04Z', 'State': %s}".formatted(id, states[i]));
        }
        engine.when("GET /containers/" + Names.container(run) + "/json", answers);
        engine.when("GET /containers/" + id + "/json", answers);
    }

    private static FakeEngine.Answer list(int count) {
        return json(IntStream.rangeClosed(1, count)
                .mapToObj(DockerBackendTest::run)
                .map(run -> "{'Names': ['/%s'], 'State': 'running', 'Labels': {%s}}"
                        .formatted(
                                Names.container(run),
                                new Owner(EXECUTOR, "before")
                                        .labels(Names.RUN, run).entrySet().stream()
                                                .map(label -> "'%s': '%s'".formatted(label.getKey(), label.getValue()))
                                                .collect(Collectors.joining(", "))))
                .collect(Collectors.joining(", ", "[", "]")));
    }

    private static FakeEngine.Answer json(String text) {
        return new FakeEngine.Answer(200, text.replace('\'', '"'));
    }

    private static DockerBackend open(FakeEngine engine) throws Exception {
        return TestEngine.backend(
                engine.address().uri().toString(),
                EXECUTOR,
                1,
                TestEngine.config(TestEngine.localImages()),
                new Engine.Patience(Duration.ofSeconds(5), Duration.ofSeconds(5)));
    }
}
