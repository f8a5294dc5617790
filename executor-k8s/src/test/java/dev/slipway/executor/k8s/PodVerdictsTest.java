package dev.slipway.executor.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.executor.core.Observed;
import dev.slipway.protocol.Ending;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PodVerdictsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "deleted-by-user | 'preparing, running, exited 137 job_failed'",
                "disruption-no-policy | 'preparing, running, exited 137 evicted'",
                "evicted-emptydir | 'preparing, running, exited 137 evicted'",
                "exit-3 | 'preparing, running, exited 3 container_exit'",
                "image-pull-backoff | 'preparing, doomed: never image_pull'",
                "init-exit-9 | 'preparing, never init_container'",
                "init-image-unpullable | 'preparing, doomed: never image_pull'",
                "invalid-image-name | 'preparing, doomed: never invalid_image'",
                "job-active-deadline | 'preparing, running, lost active_deadline'",
                "job-active-deadline-ignores-term | 'preparing, running, exited 137 active_deadline'",
                "job-active-deadline-image-pull | 'preparing, doomed: never image_pull, preparing, never active_deadline'",
                "job-active-deadline-unschedulable | 'preparing, never active_deadline'",
                "killed-by-signal | 'preparing, running, exited 137 container_exit'",
                "killed-by-signal-child | 'preparing, running, exited 137 container_exit'",
                "killed-by-signal-self | 'preparing, running, exited 0 container_exit'",
                "missing-configmap-volume | 'preparing, doomed: never volume_mount'",
                "missing-secret-env | 'preparing, doomed: never container_create'",
                "native-sidecar-ignores-term | 'preparing, running, exited 0 container_exit'",
                "native-sidecar-ok | 'preparing, running, exited 0 container_exit'",
                "never-pull-absent | 'preparing, doomed: never image_pull'",
                "no-pod-missing-serviceaccount | 'preparing, doomed: never job_create'",
                "no-pod-podsecurity | 'preparing, doomed: never job_create'",
                "no-pod-quota | 'preparing, doomed: never job_create'",
                "no-such-command | 'preparing, never container_start'",
                "node-lost | 'preparing, running, exited 0 container_exit'",
                "oom | 'preparing, running, exited 137 container_oom'",
                "oom-child-exit-0 | 'preparing, running, exited 0 container_exit'",
                "pod-active-deadline | 'preparing, running, lost active_deadline'",
                "pod-deleted-by-user | 'preparing, running, lost job_failed'",
                "podfailurepolicy-disruption | 'preparing, running, exited 137 evicted'",
                "podfailurepolicy-disruption-term-exit-0 | 'preparing, running, lost evicted'",
                "success | 'preparing, running, exited 0 container_exit'",
                "two-containers-one-fails | 'preparing, running, exited 1 container_exit'",
                "unschedulable | 'preparing, doomed: never unschedulable'",
                "unschedulable-then-scheduled | 'preparing, running, exited 0 container_exit'",
            })
    void tellsWhatBecameOfEveryRecordedJob(String recording, String expected) throws IOException {
        List<String> verdicts = new ArrayList<>();
        for (Recording.Sight sight : Recording.of(recording).sights()) {
            String verdict = words(PodVerdicts.of(sight.sighting(false, PATIENCE)));
            if (verdicts.isEmpty() || !verdicts.getLast().equals(verdict)) {
                verdicts.add(verdict);
            }
        }

        assertThat(String.join(", ", verdicts)).isEqualTo(expected);
    }

    @Test
    void aSecondPodOfOneJobIsReportedAndDoesNotGoOn() throws IOException {
        Sighting running = sighting("success", "Running");
        Pod second = new PodBuilder(running.pods().getFirst().pod())
                .editMetadata()
                .withName("second")
                .withUid("second")
                .endMetadata()
                .build();
        Verdict verdict = PodVerdicts.of(with(
                running, List.of(running.pods().getFirst(), new Sighting.SeenPod(second, false)), running.events()));

        assertThat(words(verdict)).isEqualTo("doomed: lost job_failed");
        assertThat(((Verdict.Doomed) verdict).ending().toString()).contains("has 2 Pods", "second");
    }

    @Test
    void aVolumeThatIsMountedInTimeFailsNothing() throws IOException {
        Recording recording = Recording.of("missing-configmap-volume");
        Sighting complained = recording.sights().getLast().sighting(false, Duration.ofMinutes(5));
        Sighting mounted = with(
                sighting("success", "Running"), sighting("success", "Running").pods(), complained.events());

        assertThat(words(PodVerdicts.of(complained))).isEqualTo("preparing");
        assertThat(words(PodVerdicts.of(mounted))).isEqualTo("running");
    }

    @Test
    void withoutALimitAPodWaitsForANodeForEver() throws IOException {
        Recording.Sight last = Recording.of("unschedulable").sights().getLast();

        assertThat(words(PodVerdicts.of(last.sighting(false, Duration.ZERO)))).isEqualTo("preparing");
    }

    @Test
    void aPodWhoseNodeIsGoneIsGivenUpOnceItWasToEnd() throws IOException {
        Recording recording = Recording.of("node-lost");
        Sighting lost = recording.sights().stream()
                .filter(sight -> sight.events().stream().anyMatch(event -> "NodeNotReady".equals(event.getReason())))
                .findFirst()
                .orElseThrow()
                .sighting(true, PATIENCE);
        Pod ending = new PodBuilder(lost.pods().getFirst().pod())
                .editMetadata()
                .withDeletionTimestamp(lost.now().minusSeconds(61).toString())
                .endMetadata()
                .build();

        assertThat(words(PodVerdicts.of(lost))).isEqualTo("running");
        assertThat(words(PodVerdicts.of(with(lost, List.of(new Sighting.SeenPod(ending, false)), lost.events()))))
                .isEqualTo("lost job_failed");
        Sighting healthy = at(sighting("success", "Running"), Duration.ofMinutes(5));
        Pod late = new PodBuilder(healthy.pods().getFirst().pod())
                .editMetadata()
                .withDeletionTimestamp(healthy.now().minusSeconds(61).toString())
                .endMetadata()
                .build();
        assertThat(words(PodVerdicts.of(with(healthy, List.of(new Sighting.SeenPod(late, false)), List.of()))))
                .as("its node only takes its time")
                .isEqualTo("running");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "job-active-deadline, exited 0 container_exit stopped",
        "job-active-deadline-ignores-term, exited 137 container_exit stopped",
        "job-active-deadline-unschedulable, never task_cancelled",
        "success, exited 0 container_exit",
        "exit-3, exited 3 container_exit",
    })
    void tellsWhatAStopEndedFromWhatHadEndedBefore(String recording, String expected) throws IOException {
        Recording.Sight last = Recording.of(recording).sights().getLast();

        assertThat(words(PodVerdicts.of(last.sighting(true, PATIENCE)))).isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "exit-3 | exited with code 3: its output says why",
                "killed-by-signal | ended by signal 9 (code 137)",
                "oom | OOMKilled",
                "no-such-command | no such file or directory",
                "image-pull-backoff | connection refused",
                "missing-configmap-volume | configmap \"absent\" not found",
                "no-pod-quota | exceeded quota: small",
                "evicted-emptydir | Usage of EmptyDir volume",
                "init-exit-9 | init container prepare exited with code 9",
                "unschedulable | Insufficient cpu",
            })
    void saysWhereAndWhy(String recording, String words) throws IOException {
        Recording.Sight last = Recording.of(recording).sights().getLast();

        assertThat(PodVerdicts.of(last.sighting(false, PATIENCE)).toString())
                .contains(words, "in namespace fixtures", recording);
    }

    @Test
    void anOldComplaintAboutAVolumeEndsNoPodThatHasItsVolumesAndPullsALargeImage() throws IOException {
        Sighting pulling = Recording.of("success").sights().stream()
                .map(sight -> sight.sighting(false, PATIENCE))
                .filter(sight -> sight.pods().stream().anyMatch(seen -> isPendingWithVolumes(seen.pod())))
                .findFirst()
                .orElseThrow();
        List<Event> complaints =
                Recording.of("missing-configmap-volume").sights().getLast().events();

        assertThat(words(PodVerdicts.of(at(with(pulling, pulling.pods(), complaints), Duration.ofMinutes(10)))))
                .isEqualTo("preparing");
    }

    private static boolean isPendingWithVolumes(Pod pod) {
        return "Pending".equals(pod.getStatus().getPhase())
                && pod.getStatus().getConditions().stream()
                        .anyMatch(condition -> "PodReadyToStartContainers".equals(condition.getType())
                                && "True".equals(condition.getStatus()));
    }

    @Test
    void aCompleteJobWhosePodNobodySawIsNotWaitedForForEver() throws IOException {
        Sighting complete = Recording.of("success").sights().getLast().sighting(false, PATIENCE);

        Sighting unseen = with(complete, List.of(), List.of());

        assertThat(words(PodVerdicts.of(unseen))).as("it may be seen yet").isEqualTo("preparing");
        assertThat(words(PodVerdicts.of(at(unseen, Duration.ofMinutes(1))))).isEqualTo("lost job_failed");
    }

    @Test
    void anotherContainersImageThatCannotBePulledEndsThePodOnceTheAgentHasEnded() throws IOException {
        Sighting ended = sighting("two-containers-one-fails", "Running");
        Pod running = withOther(
                ended.pods().getFirst().pod(),
                new ContainerStateBuilder()
                        .withNewRunning("2026-11-22T05:00:00Z")
                        .build());
        Pod over = withOther(
                ended.pods().getFirst().pod(),
                new ContainerStateBuilder()
                        .withNewTerminated()
                        .withExitCode(0)
                        .withReason("Completed")
                        .withStartedAt("2026-11-22T05:00:00Z")
                        .withFinishedAt("2026-11-22T05:00:02Z")
                        .endTerminated()
                        .build());

        assertThat(words(PodVerdicts.of(with(ended, List.of(new Sighting.SeenPod(running, false)), List.of()))))
                .isEqualTo("running");
        assertThat(words(PodVerdicts.of(with(ended, List.of(new Sighting.SeenPod(over, false)), List.of()))))
                .isEqualTo("doomed: lost image_pull");
    }

    /** The task in that state, and beside it a container whose image is not to be had. */
    private static Pod withOther(Pod pod, ContainerState task) {
        return new PodBuilder(pod)
                .editStatus()
                .withContainerStatuses(
                        new ContainerStatusBuilder()
                                .withName("task")
                                .withState(task)
                                .build(),
                        new ContainerStatusBuilder()
                                .withName("other")
                                .withImage("nowhere/other")
                                .withNewState()
                                .withNewWaiting("no such image", "ImagePullBackOff")
                                .endState()
                                .build())
                .endStatus()
                .build();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed"})
    void whateverElseKeepsAnImageFromBeingHadEndsThePod(String reason) throws IOException {
        Sighting waiting = Recording.of("image-pull-backoff").sights().getLast().sighting(false, PATIENCE);
        Pod pod = new PodBuilder(waiting.pods().getFirst().pod())
                .editStatus()
                .editFirstContainerStatus()
                .withNewState()
                .withNewWaiting("why", reason)
                .endState()
                .endContainerStatus()
                .endStatus()
                .build();

        assertThat(words(PodVerdicts.of(with(waiting, List.of(new Sighting.SeenPod(pod, false)), List.of()))))
                .isEqualTo("doomed: never image_pull");
    }

    @Test
    void aJobWhoseSecretADeadProcessDidNotMakeAnyMoreIsTriedAgain() throws IOException {
        Sighting waiting = Recording.of("missing-secret-env").sights().getLast().sighting(false, PATIENCE);
        Job marked = new JobBuilder(waiting.job().orElseThrow())
                .editMetadata()
                .withName("absent")
                .addToAnnotations(Marks.secret())
                .endMetadata()
                .build();
        Sighting interrupted = new Sighting(
                Optional.of(marked),
                false,
                waiting.pods(),
                waiting.events(),
                false,
                waiting.patience(),
                waiting.now().plusSeconds(60));

        assertThat(PodVerdicts.of(interrupted))
                .isInstanceOfSatisfying(
                        Verdict.Doomed.class,
                        doomed -> assertThat(doomed.ending())
                                .isInstanceOfSatisfying(
                                        Ending.NotStarted.class,
                                        never -> assertThat(never.isTransient()).isTrue()));
    }

    @Test
    void aNodeThatIsLostIsKnownAlsoWhenTheEventThatSaidSoHasExpired() throws IOException {
        Sighting lost = Recording.of("node-lost").sights().stream()
                .filter(sight -> sight.events().stream().anyMatch(event -> "NodeNotReady".equals(event.getReason())))
                .findFirst()
                .orElseThrow()
                .sighting(true, PATIENCE);
        Pod ending = new PodBuilder(lost.pods().getFirst().pod())
                .editMetadata()
                .withDeletionTimestamp(lost.now().minusSeconds(61).toString())
                .endMetadata()
                .build();

        assertThat(words(PodVerdicts.of(with(lost, List.of(new Sighting.SeenPod(ending, false)), List.of()))))
                .isEqualTo("lost job_failed");
    }

    @Test
    void theOutputOfASidecarThatStumblesIsNotTakenForTheRuns() throws IOException {
        Pod starting = Recording.of("native-sidecar-ok").sights().stream()
                .flatMap(sight -> sight.pods().stream())
                .map(Sighting.SeenPod::pod)
                .filter(pod -> !PodVerdicts.hasBegun(pod)
                        && pod.getStatus() != null
                        && !pod.getStatus().getInitContainerStatuses().isEmpty())
                .findFirst()
                .orElseThrow();
        Pod stumbled = new PodBuilder(starting)
                .editStatus()
                .editFirstInitContainerStatus()
                .withNewState()
                .withNewTerminated()
                .withExitCode(1)
                .endTerminated()
                .endState()
                .endInitContainerStatus()
                .endStatus()
                .build();

        assertThat(PodVerdicts.failedInitContainer(stumbled)).isEmpty();
    }

    @Test
    void aStopDuringAnInitContainerEndsARunThatNeverBeganAlsoIfThePodsLastStateWasNotSeen() throws IOException {
        Sighting running = Recording.of("init-exit-9").sights().stream()
                .map(sight -> sight.sighting(true, PATIENCE))
                .filter(sight -> sight.pods().stream()
                        .anyMatch(seen -> seen.pod().getStatus().getInitContainerStatuses().stream()
                                .anyMatch(status -> status.getState() != null
                                        && status.getState().getTerminated() != null)))
                .findFirst()
                .orElseThrow();
        Pod killed = new PodBuilder(running.pods().getFirst().pod())
                .editMetadata()
                .withDeletionTimestamp("2020-01-01T00:00:00Z")
                .withDeletionGracePeriodSeconds(0L)
                .endMetadata()
                .build();

        assertThat(words(PodVerdicts.of(with(running, List.of(new Sighting.SeenPod(killed, true)), List.of()))))
                .isEqualTo("never task_cancelled");
    }

    private static Sighting at(Sighting sighting, Duration later) {
        return new Sighting(
                sighting.job(),
                sighting.isJobGone(),
                sighting.pods(),
                sighting.events(),
                sighting.isStopped(),
                sighting.patience(),
                sighting.now().plus(later));
    }

    private static Sighting sighting(String recording, String phase) throws IOException {
        return Recording.of(recording).sights().stream()
                .filter(sight -> sight.pods().stream()
                        .anyMatch(seen -> phase.equals(seen.pod().getStatus().getPhase())))
                .findFirst()
                .orElseThrow()
                .sighting(false, PATIENCE);
    }

    private static Sighting with(Sighting sighting, List<Sighting.SeenPod> pods, List<Event> events) {
        return new Sighting(
                sighting.job(),
                sighting.isJobGone(),
                pods,
                events,
                sighting.isStopped(),
                sighting.patience(),
                sighting.now());
    }

    private static String words(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Open(Observed observed) -> observed instanceof Observed.Running ? "running" : "preparing";
            case Verdict.Doomed(Ending ending, long _) -> "doomed: " + words(ending);
            case Verdict.Over(Observed.Ended ended) -> words(ended.ending());
        };
    }

    static String words(Ending ending) {
        return switch (ending) {
            case Ending.Exited exited ->
                "exited %d %s%s"
                        .formatted(exited.code(), exited.reason().wireName(), exited.stopped() ? " stopped" : "");
            case Ending.NotStarted never -> "never " + never.reason().wireName();
            case Ending.Lost lost -> "lost " + lost.reason().wireName();
        };
    }
}
