package dev.slipway.executor.k8s;

import dev.slipway.executor.core.PreflightFailure;
import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.settings.Settings;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** A cluster and the executors that use it, one after another. */
final class Bench implements AutoCloseable {
    static final String LEDGER = "3f9d7a52-9d5b-4a50-a3f5-5f5f0e6b9b51";

    final FakeCluster cluster;
    private final List<KubernetesBackend> opened = new ArrayList<>();
    private final AtomicLong skipped = new AtomicLong();
    private int tasks;

    Bench() throws IOException {
        cluster = new FakeCluster();
    }

    /** What an earlier one held in memory is gone. */
    KubernetesBackend open(String settings) throws PreflightFailure {
        KubernetesBackend backend = make(settings, cluster.url());
        backend.preflight();
        return backend;
    }

    KubernetesBackend open() throws PreflightFailure {
        return open("backend: {kubernetes: {namespace: agents}}");
    }

    KubernetesBackend make(String settings, String url) {
        Site site = KubernetesWiring.site(Settings.parse(settings), "executor-1", Map.of());
        Cluster view = new Cluster(
                site,
                () -> new KubernetesClientBuilder()
                        .withConfig(new ConfigBuilder(Config.empty())
                                .withMasterUrl(url)
                                .withRequestRetryBackoffLimit(4)
                                .withRequestTimeout(5_000)
                                .build())
                        .build(),
                Clock.systemUTC(),
                this::nanos);
        KubernetesBackend backend = new KubernetesBackend(site, view, Clock.systemUTC(), Duration.ZERO);
        opened.add(backend);
        return backend;
    }

    /** For what tells the age of things, and nothing else. */
    void skip(Duration time) {
        skipped.addAndGet(time.toNanos());
    }

    private long nanos() {
        return System.nanoTime() + skipped.get();
    }

    RunId start(KubernetesBackend backend, String execution, TaskSpec task) throws Exception {
        RunId run = run(execution);
        backend.start(run, task, _ -> {});
        return run;
    }

    static RunId run(String execution) {
        return new RunId(LEDGER, new ExecutionKey(execution, 1));
    }

    TaskSpec task(String script) {
        return task(script, Optional.empty(), Map.of());
    }

    TaskSpec task(String script, Optional<String> image, Map<String, SecretValue> env) {
        return new TaskSpec(
                "task-" + ++tasks,
                new Program.Command(List.of("sh", "-c", script)),
                image,
                env,
                Optional.empty(),
                Optional.empty());
    }

    @Override
    public void close() {
        opened.forEach(KubernetesBackend::close);
        cluster.close();
    }
}
