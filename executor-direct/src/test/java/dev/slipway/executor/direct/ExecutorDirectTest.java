package dev.slipway.executor.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.executor.testkit.FakeDispatcher;
import dev.slipway.executor.testkit.Surroundings;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The whole service, as it is put together, against a dispatcher over HTTP. */
@QuarkusTest
@WithTestResource(ExecutorDirectTest.Here.class)
@SuppressWarnings("NullAway.Init") // the surroundings are injected
class ExecutorDirectTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    @TestHTTPResource("/health/ready")
    URI ready;

    @TestHTTPResource("/health/live")
    URI live;

    @TestHTTPResource("/metrics")
    URI metrics;

    private FakeDispatcher dispatcher;
    private Path directory;

    /** An executor with a place of its own for workspaces. */
    public static class Here extends Surroundings {
        @Override
        protected String settings(Path own) {
            return "backend: {direct: {workspace_root: %s}}".formatted(own.resolve("workspaces"));
        }
    }

    @Test
    void aRunIsReportedWithItsOutputUntilAcknowledgedAndThenForgotten() throws Exception {
        ExecutionKey key = new ExecutionKey("exec/1", 1);

        dispatcher.launch(key, task("echo $TRACEPARENT; echo $OWN; exit 3", Map.of("OWN", SecretValue.of("own"))));
        await().atMost(PATIENCE).until(() -> dispatcher.finished(key).isPresent());

        ExecutorSync.Finished finished = dispatcher.finished(key).orElseThrow();
        assertThat(finished.ending())
                .isEqualTo(new Ending.Exited(
                        3,
                        FailureReason.AGENT_INVOCATION,
                        "the command exited with code 3: its output says why",
                        false));
        assertThat(finished.startedAtMillis()).isPositive().isLessThanOrEqualTo(finished.endedAtMillis());
        assertThat(dispatcher.output("exec/1")).isEqualTo(TRACEPARENT + "\nown\n");
        assertThat(evidenceOf("exec%2F1")).exists();

        dispatcher.acknowledge(key);
        await().atMost(PATIENCE).until(() -> !Files.exists(evidenceOf("exec%2F1")));
        await().atMost(PATIENCE).until(() -> !dispatcher.knows(key));
    }

    @Test
    void aStopEndsARunAndIsReportedAsStopped() {
        ExecutionKey key = new ExecutionKey("exec-stop", 1);
        dispatcher.launch(key, task("sleep 1000", Map.of()));
        await().atMost(PATIENCE)
                .until(() ->
                        dispatcher.run(key).filter(ExecutorSync.Run::started).isPresent());

        dispatcher.stop(key, 10_000);
        dispatcher.acknowledge(key);

        await().atMost(PATIENCE).until(() -> dispatcher.finished(key).isPresent());
        assertThat(dispatcher.finished(key).orElseThrow().ending())
                .isInstanceOfSatisfying(Ending.Exited.class, exited -> {
                    assertThat(exited.code()).isEqualTo(143);
                    assertThat(exited.stopped()).isTrue();
                });
    }

    @Test
    void aStopOfARunNobodyKnowsTakesItsRightToStartAway() {
        ExecutionKey key = new ExecutionKey("exec-never", 1);

        dispatcher.stop(key, 10_000);
        dispatcher.acknowledge(key);

        await().atMost(PATIENCE).until(() -> dispatcher.finished(key).isPresent());
        assertThat(dispatcher.finished(key).orElseThrow().ending())
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.reason()).isEqualTo(FailureReason.TASK_CANCELLED));
    }

    @Test
    void muchOutputArrivesWholeAndLeavesTheDisk() throws Exception {
        ExecutionKey key = new ExecutionKey("exec-big", 1);
        long bytes = 64L << 20;
        dispatcher.discardOutput("exec-big");

        dispatcher.launch(key, task("head -c " + bytes + " /dev/zero", Map.of()));
        await().atMost(PATIENCE).until(() -> dispatcher.finished(key).isPresent());

        assertThat(dispatcher.length("exec-big")).isEqualTo(bytes);
        Path output = evidenceOf("exec-big").resolve("1/output");
        assertThat(Files.size(output)).isEqualTo(bytes);
        dispatcher.acknowledge(key);
        await().atMost(PATIENCE).until(() -> !Files.exists(evidenceOf("exec-big")));
    }

    @Test
    void isLiveAndReadyAndCountsWhatItDoes() throws Exception {
        await().atMost(PATIENCE).until(() -> get(ready).statusCode() == 200);

        assertThat(get(live).statusCode()).isEqualTo(200);
        assertThat(get(ready).body()).contains("direct-");
        assertThat(get(metrics).body()).contains("slipway_executor_runs", "slipway_executor_starts_total");
    }

    private Path evidenceOf(String name) {
        return directory.resolve("state/direct").resolve(name);
    }

    private static HttpResponse<String> get(URI url) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(url).timeout(PATIENCE).build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    private static TaskSpec task(String script, Map<String, SecretValue> env) {
        return new TaskSpec(
                "task-of-" + Integer.toHexString(script.hashCode()),
                new Program.Command(List.of("sh", "-c", script)),
                Optional.empty(),
                env,
                Optional.empty(),
                Optional.of(TRACEPARENT));
    }
}
