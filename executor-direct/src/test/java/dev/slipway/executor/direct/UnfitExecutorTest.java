package dev.slipway.executor.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.executor.core.PreflightFailure;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.executor.testkit.FakeDispatcher;
import dev.slipway.executor.testkit.Surroundings;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
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
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The whole service, started where the agent is missing and an earlier process of it has left a task that runs. */
@QuarkusTest
@WithTestResource(UnfitExecutorTest.Unfit.class)
@SuppressWarnings("NullAway.Init") // the surroundings are injected
class UnfitExecutorTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String EXECUTOR = "direct-unfit";
    private static final ExecutionKey LEFT = new ExecutionKey("left", 1);

    @TestHTTPResource("/health/ready")
    URI ready;

    private FakeDispatcher dispatcher;
    private Path directory;

    /** Without the agent's program, and with what an earlier process has left. */
    public static class Unfit extends Surroundings {
        @Override
        protected String settings(Path own) throws Exception {
            leaveARun(own);
            return "backend: {direct: {workspace_root: %s, oz_path: %s}}"
                    .formatted(own.resolve("workspaces"), own.resolve("oz"));
        }

        @Override
        protected Map<String, String> more() {
            return Map.of("slipway.executor-id", EXECUTOR);
        }

        private static void leaveARun(Path own) throws IOException, PreflightFailure, StartFailure {
            DirectConfig config =
                    PlainTasks.config(own.resolve("workspaces"), own.resolve("state/direct"), Optional.empty());
            try (DirectBackend earlier = new DirectBackend(EXECUTOR, config)) {
                earlier.preflight();
                earlier.start(
                        new RunId(FakeDispatcher.LEDGER, LEFT),
                        PlainTasks.task("until test -e %s; do sleep 0.1; done; exit 3".formatted(own.resolve("gate"))),
                        _ -> {});
            }
        }
    }

    @Test
    void aTaskThatRunsIsAdoptedAndItsResultReportedAndANewOneWaitsForTheAgent() throws Exception {
        ExecutionKey waiting = new ExecutionKey("waiting", 1);
        dispatcher.launch(waiting, PlainTasks.task("exit 4"));
        await().atMost(PATIENCE)
                .until(() ->
                        dispatcher.run(LEFT).filter(ExecutorSync.Run::started).isPresent());
        assertThat(ready().statusCode()).isEqualTo(503);
        assertThat(ready().body()).contains("oz_path");

        Files.createFile(directory.resolve("gate"));
        await().atMost(PATIENCE).until(() -> dispatcher.finished(LEFT).isPresent());

        assertThat(dispatcher.finished(LEFT).orElseThrow().ending())
                .isInstanceOfSatisfying(
                        Ending.Exited.class, exited -> assertThat(exited.code()).isEqualTo(3));
        dispatcher.acknowledge(LEFT);
        await().atMost(PATIENCE)
                .until(() -> !Files.exists(directory.resolve("state/direct").resolve("left")));
        assertThat(dispatcher.knows(waiting)).as("nothing is started meanwhile").isFalse();

        Path oz = Files.writeString(directory.resolve("oz"), "#!/bin/sh\n");
        assertThat(oz.toFile().setExecutable(true)).isTrue();

        await().atMost(PATIENCE).until(() -> dispatcher.finished(waiting).isPresent());
        await().atMost(PATIENCE).until(() -> ready().statusCode() == 200);
    }

    private HttpResponse<String> ready() throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(ready).timeout(PATIENCE).build(), HttpResponse.BodyHandlers.ofString());
        }
    }
}
