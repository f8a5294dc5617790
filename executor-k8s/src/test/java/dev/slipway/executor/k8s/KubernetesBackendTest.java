package dev.slipway.executor.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.executor.testkit.BackendContract;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.TaskSpec;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** The backend against an API server of its own, whose Pods are processes of this host. */
class KubernetesBackendTest extends BackendContract {
    private static @Nullable FakeCluster shared;
    private static final List<KubernetesBackend> OPENED = new ArrayList<>();
    private int tasks;

    @BeforeAll
    static void begin() throws IOException {
        shared = new FakeCluster();
    }

    /** Not before the next test begins: the last thing that one does is to look whether anything is left. */
    @BeforeEach
    void releaseEarlier() {
        release();
    }

    private static void release() {
        OPENED.forEach(KubernetesBackend::close);
        OPENED.clear();
    }

    @AfterAll
    static void end() {
        release();
        Objects.requireNonNull(shared).close();
    }

    @Override
    protected KubernetesBackend open() throws Exception {
        Site site = site();
        KubernetesBackend backend = new KubernetesBackend(
                site,
                new Cluster(site, this::connect, Clock.systemUTC(), System::nanoTime),
                Clock.systemUTC(),
                Duration.ZERO);
        OPENED.add(backend);
        assertThat(backend.preflight()).isEmpty();
        return backend;
    }

    private Site site() {
        return new Site("executor-1", "worker", true, TestSettings.in(FakeCluster.NAMESPACE), new PodSpec(), Map.of());
    }

    private KubernetesClient connect() {
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(io.fabric8.kubernetes.client.Config.empty())
                        .withMasterUrl(Objects.requireNonNull(shared).url())
                        .withRequestRetryBackoffLimit(4)
                        .build())
                .build();
    }

    @Override
    protected TaskSpec task(String script) {
        return command(List.of("sh", "-c", script));
    }

    @Override
    protected TaskSpec impossibleTask() {
        return command(List.of("no-such-program"));
    }

    private TaskSpec command(List<String> argv) {
        return new TaskSpec(
                "task-" + ++tasks,
                new Program.Command(argv),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Optional.empty());
    }
}
