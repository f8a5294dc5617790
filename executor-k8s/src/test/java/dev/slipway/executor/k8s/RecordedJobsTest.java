package dev.slipway.executor.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.executor.core.RunId;
import dev.slipway.executor.testkit.Watching;
import dev.slipway.protocol.Ending;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The whole backend on what a real cluster showed: the states come over the wire, and what is doomed is deleted. */
class RecordedJobsTest {
    private static @Nullable Bench bench;
    private static @Nullable KubernetesBackend backend;

    @BeforeAll
    static void begin() throws Exception {
        bench = new Bench();
        backend = bench.open("backend: {kubernetes: {namespace: agents, unschedulable_timeout: 7s}}");
    }

    @AfterAll
    static void end() {
        if (bench != null) {
            bench.close();
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "success, exited 0 container_exit",
        "exit-3, exited 3 container_exit",
        "killed-by-signal, exited 137 container_exit",
        "killed-by-signal-self, exited 0 container_exit",
        "killed-by-signal-child, exited 137 container_exit",
        "oom, exited 137 container_oom",
        "oom-child-exit-0, exited 0 container_exit",
        "no-such-command, never container_start",
        "two-containers-one-fails, exited 1 container_exit",
        "init-exit-9, never init_container",
        "init-image-unpullable, never image_pull",
        "native-sidecar-ok, exited 0 container_exit",
        "native-sidecar-ignores-term, exited 0 container_exit",
        "image-pull-backoff, never image_pull",
        "never-pull-absent, never image_pull",
        "invalid-image-name, never invalid_image",
        "missing-secret-env, never container_create",
        "missing-configmap-volume, never volume_mount",
        "unschedulable, never unschedulable",
        "unschedulable-then-scheduled, exited 0 container_exit",
        "job-active-deadline, lost active_deadline",
        "job-active-deadline-ignores-term, exited 137 active_deadline",
        "job-active-deadline-image-pull, never image_pull",
        "job-active-deadline-unschedulable, never active_deadline",
        "pod-active-deadline, lost active_deadline",
        "evicted-emptydir, exited 137 evicted",
        "deleted-by-user, exited 137 job_failed",
        "pod-deleted-by-user, lost job_failed",
        "podfailurepolicy-disruption, exited 137 evicted",
        "podfailurepolicy-disruption-term-exit-0, lost evicted",
        "disruption-no-policy, exited 137 evicted",
        "node-lost, exited 0 container_exit",
    })
    void endsAsItDidOnTheRealCluster(String recording, String expected) throws Exception {
        Bench there = java.util.Objects.requireNonNull(bench);
        KubernetesBackend executor = java.util.Objects.requireNonNull(backend);
        RunId run = there.start(executor, recording, there.task("", Optional.of("recorded/" + recording), Map.of()));

        Ending ending = Watching.awaitEnd(executor, run).ending();

        assertThat(PodVerdictsTest.words(ending)).isEqualTo(expected);
        if (ending instanceof Ending.NotStarted) {
            assertThat(there.cluster.all("pods"))
                    .as("what never started is not there to start later")
                    .allSatisfy(pod -> assertThat(pod.at("/metadata/name").asText())
                            .satisfiesAnyOf(
                                    name -> assertThat(name).doesNotContain(recording),
                                    _ -> assertThat(pod.at("/status/phase").asText())
                                            .isIn("Failed", "Succeeded")));
        }
        executor.forget(run);
    }
}
