package dev.slipway.executor.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.executor.testkit.FakeDispatcher;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.TaskSpec;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The whole service, as it is put together, between a dispatcher and an API server over HTTP. */
@QuarkusTest
@WithTestResource(ExecutorK8sTest.Surroundings.class)
@SuppressWarnings("NullAway.Init") // the surroundings are injected
class ExecutorK8sTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TestHTTPResource("/health/ready")
    URI ready;

    @TestHTTPResource("/metrics")
    URI metrics;

    private FakeDispatcher dispatcher;
    private FakeCluster cluster;

    /** What the service finds around it; it goes after the service. */
    public static class Surroundings implements QuarkusTestResourceLifecycleManager {
        private @Nullable FakeDispatcher dispatcher;
        private @Nullable FakeCluster cluster;
        private @Nullable Path directory;

        @Override
        public Map<String, String> start() {
            try {
                FakeDispatcher fake = new FakeDispatcher();
                FakeCluster server = new FakeCluster();
                Path made = Files.createTempDirectory("executor-k8s-test");
                dispatcher = fake;
                cluster = server;
                directory = made;
                Path kubeconfig = Files.writeString(made.resolve("kubeconfig"), """
                        apiVersion: v1
                        kind: Config
                        current-context: test
                        contexts: [{name: test, context: {cluster: test, user: test}}]
                        clusters: [{name: test, cluster: {server: "%s"}}]
                        users: [{name: test, user: {token: test}}]
                        """.formatted(server.url()));
                Path settings = Files.writeString(
                        made.resolve("settings.yaml"),
                        "backend: {kubernetes: {namespace: agents, kubeconfig: %s}}".formatted(kubeconfig));
                return Map.of(
                        "slipway.state-dir", made.resolve("state").toString(),
                        "slipway.settings-file", settings.toString(),
                        "slipway.dispatcher-url", fake.url().toString(),
                        "slipway.internal-token", FakeDispatcher.TOKEN,
                        "quarkus.http.test-port", "0");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void inject(Object test) {
            if (test instanceof ExecutorK8sTest needy && dispatcher != null && cluster != null) {
                needy.dispatcher = dispatcher;
                needy.cluster = cluster;
            }
        }

        @Override
        public void stop() {
            if (dispatcher != null) {
                dispatcher.close();
            }
            if (cluster != null) {
                cluster.close();
            }
            if (directory != null) {
                try (Stream<Path> files = Files.walk(directory)) {
                    for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(file);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    @Test
    void aJobIsReportedWithItsOutputUntilAcknowledgedAndThenDeleted() throws Exception {
        ExecutionKey key = new ExecutionKey("exec/1", 1);

        dispatcher.launch(
                key,
                new TaskSpec(
                        "task",
                        new Program.Command(List.of("sh", "-c", "echo hello; echo $OZ_RUN_ID")),
                        Optional.empty(),
                        Map.of(),
                        Optional.empty(),
                        Optional.empty()));
        await().atMost(PATIENCE).until(() -> dispatcher.finished(key).isPresent());

        assertThat(dispatcher.finished(key).orElseThrow().ending())
                .isInstanceOfSatisfying(
                        Ending.Exited.class, exited -> assertThat(exited.code()).isZero());
        assertThat(dispatcher.output("exec/1")).isEqualTo("hello\ntask\n");
        dispatcher.acknowledge(key);
        await().atMost(PATIENCE)
                .until(() -> cluster.all("jobs").stream()
                        .noneMatch(job -> Marks.annotation(
                                        io.fabric8.kubernetes.client.utils.Serialization.unmarshal(
                                                job.toString(), io.fabric8.kubernetes.api.model.batch.v1.Job.class),
                                        "slipway.dev/execution-id")
                                .equals("exec/1")));
    }

    @Test
    void isReadyAndTellsHowOldItsViewOfTheClusterIs() throws Exception {
        await().atMost(PATIENCE).until(() -> get(ready).statusCode() == 200);

        assertThat(get(metrics).body()).contains("slipway_kubernetes_list_age_seconds");
    }

    private static HttpResponse<String> get(URI url) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(url).timeout(PATIENCE).build(), HttpResponse.BodyHandlers.ofString());
        }
    }
}
