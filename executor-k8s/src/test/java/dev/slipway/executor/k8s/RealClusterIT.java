package dev.slipway.executor.k8s;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.executor.testkit.BackendContract;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.settings.Settings;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;

/**
 * The backend on the cluster of {@code KUBECONFIG}, in the namespace {@code SLIPWAY_TEST_NAMESPACE}, with Pods of the image
 * {@code SLIPWAY_TEST_IMAGE} (busybox:1.36).
 */
class RealClusterIT extends BackendContract {
    /** A cluster starts the script as process 1, which no signal of its own ends: so it starts another. */
    private static final String CHILD =
            "sh -c \"$1\" & agent=$!; trap \"kill -TERM $agent\" TERM; wait $agent; code=$?;"
                    + " while kill -0 $agent 2>/dev/null; do wait $agent; code=$?; done; exit $code";

    /** A cluster keeps failed Jobs for a while: what an earlier run of these tests left there is none of this one's. */
    private static final String ONCE = UUID.randomUUID().toString().substring(0, 8);

    private static final String EXECUTOR = "executor-of-the-contract-" + ONCE;
    private static final List<KubernetesBackend> OPENED = new ArrayList<>();
    private static int tasks;

    @BeforeEach
    void needsACluster() {
        assumeTrue(
                System.getenv("KUBECONFIG") != null && System.getenv("SLIPWAY_TEST_NAMESPACE") != null,
                "KUBECONFIG and SLIPWAY_TEST_NAMESPACE name no cluster: nothing was tried on a real one");
        release();
    }

    private static void release() {
        OPENED.forEach(KubernetesBackend::close);
        OPENED.clear();
    }

    @AfterAll
    static void removeTheJobsOfFailedTasks() {
        release();
        if (System.getenv("KUBECONFIG") != null && System.getenv("SLIPWAY_TEST_NAMESPACE") != null) {
            try (KubernetesClient client = KubernetesWiring.connect(site().settings(), Map.of())) {
                client.batch()
                        .v1()
                        .jobs()
                        .inNamespace(site().settings().namespace())
                        .withLabel(Marks.EXECUTOR_LABEL, Names.hash(EXECUTOR))
                        .list()
                        .getItems()
                        .forEach(job -> client.resource(job).delete());
            }
        }
    }

    @Override
    protected KubernetesBackend open() throws Exception {
        Site site = site();
        Cluster cluster = new Cluster(
                site, () -> KubernetesWiring.connect(site.settings(), Map.of()), Clock.systemUTC(), System::nanoTime);
        KubernetesBackend backend = new KubernetesBackend(site, cluster, Clock.systemUTC(), Duration.ZERO);
        OPENED.add(backend);
        backend.preflight();
        return backend;
    }

    private static Site site() {
        String image = Optional.ofNullable(System.getenv("SLIPWAY_TEST_IMAGE")).orElse("busybox:1.36");
        return KubernetesWiring.site(
                Settings.parse("""
                        backend:
                          kubernetes:
                            namespace: %s
                            kubeconfig: %s
                            default_image: %s
                            preflight_image: %s
                            pod_template: {terminationGracePeriodSeconds: 5}
                        """.formatted(
                                System.getenv("SLIPWAY_TEST_NAMESPACE"), System.getenv("KUBECONFIG"), image, image)),
                EXECUTOR,
                Map.of());
    }

    @Override
    protected TaskSpec task(String script) {
        return command(List.of("sh", "-c", CHILD, "sh", script));
    }

    @Override
    protected TaskSpec impossibleTask() {
        return command(List.of("no-such-program"));
    }

    /** An old kubelet takes such a Pod away without a word on its containers. */
    @Override
    protected boolean mayLoseWhatWasStarting() {
        return true;
    }

    private static TaskSpec command(List<String> argv) {
        return new TaskSpec(
                "contract-" + ONCE + "-" + ++tasks,
                new Program.Command(argv),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Optional.empty());
    }
}
