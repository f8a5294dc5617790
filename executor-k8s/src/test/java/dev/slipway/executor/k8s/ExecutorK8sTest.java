package dev.slipway.executor.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.executor.testkit.FakeDispatcher;
import dev.slipway.executor.testkit.Surroundings;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.Program;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The whole service, as it is put together, between a dispatcher and an API server over HTTP. */
@QuarkusTest
@WithTestResource(ExecutorK8sTest.InCluster.class)
@SuppressWarnings("NullAway.Init") // the surroundings are injected
class ExecutorK8sTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TestHTTPResource("/health/ready")
    URI ready;

    @TestHTTPResource("/metrics")
    URI metrics;

    private FakeDispatcher dispatcher;
    private FakeCluster cluster;

    /** An executor with a cluster. */
    public static class InCluster extends Surroundings {
        private @Nullable FakeCluster cluster;

        @Override
        protected String settings(Path own) throws IOException {
            FakeCluster server = new FakeCluster();
            cluster = server;
            Path kubeconfig = Files.writeString(own.resolve("kubeconfig"), """
                    apiVersion: v1
                    kind: Config
                    current-context: test
                    contexts: [{name: test, context: {cluster: test, user: test}}]
                    clusters: [{name: test, cluster: {server: "%s"}}]
                    users: [{name: test, user: {token: test}}]
                    """.formatted(server.url()));
            return "backend: {kubernetes: {namespace: agents, kubeconfig: %s}}".formatted(kubeconfig);
        }

        @Override
        public void inject(TestInjector tests) {
            super.inject(tests);
            tests.injectIntoFields(cluster, new TestInjector.MatchesType(FakeCluster.class));
        }

        @Override
        public void stop() {
            super.stop();
            if (cluster != null) {
                cluster.close();
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
