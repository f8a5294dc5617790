package dev.slipway.executor.k8s;

import dev.slipway.executor.core.Observed;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What has become of a run, from what the cluster shows of it. Pure.
 *
 * <p>The containers' own states decide, since they are final a second or more before the Pod's and the Job's. But an end that
 * somebody brought about from outside proves nothing about the task, whatever code its program left with: so the deadline and
 * the eviction are looked for first, and the end of a Pod that is being deleted is told only with the Job's word on why.
 */
final class PodVerdicts {
    private static final Set<String> PULLING = Set.of(
            "ErrImagePull",
            "ImagePullBackOff",
            "ErrImageNeverPull",
            "ImageInspectError",
            "RegistryUnavailable",
            "SignatureValidationFailed");
    private static final Set<String> UNFIT_NAME = Set.of("InvalidImageName");
    private static final Set<String> REFUSED = Set.of("CreateContainerConfigError", "CreateContainerError");
    private static final Set<String> NO_VOLUME = Set.of("FailedMount", "FailedAttachVolume", "FailedMapVolume");
    private static final String DEADLINE = "DeadlineExceeded";
    private static final int SIGNALS = 128;
    private static final int LAST_SIGNAL = 64;
    private static final int TERM = 15;

    /** How long a Pod may outlast the end of its grace before its node counts as lost, if the cluster says so too. */
    private static final Duration NODE_PATIENCE = Duration.ofSeconds(60);

    /** Jobs and Pods are seen apart: how long a Job may be known to be complete before its Pod is. */
    private static final Duration POD_PATIENCE = Duration.ofSeconds(30);

    /** How long a Job's Secret may come after the Job. */
    private static final Duration SECRET_PATIENCE = Duration.ofSeconds(30);

    private final Sighting sighting;
    private final Pod pod;
    private final boolean isPodGone;

    private PodVerdicts(Sighting sighting, Sighting.SeenPod seen) {
        this.sighting = sighting;
        this.pod = seen.pod().getStatus() == null
                ? new PodBuilder(seen.pod()).withNewStatus().endStatus().build()
                : seen.pod();
        this.isPodGone = seen.isGone();
    }

    static Verdict of(Sighting sighting) {
        List<Sighting.SeenPod> pods = sighting.pods();
        if (pods.isEmpty()) {
            return withoutPod(sighting);
        }
        PodVerdicts first = new PodVerdicts(
                sighting,
                pods.stream()
                        .min(Comparator.comparing(
                                seen -> String.valueOf(seen.pod().getMetadata().getCreationTimestamp())))
                        .orElseThrow());
        if (pods.size() > 1) {
            return first.ends(
                    Cause.POD_DOUBLED.lost("the Job %s has %d Pods: %s"
                            .formatted(
                                    jobName(sighting),
                                    pods.size(),
                                    String.join(
                                            ", ",
                                            pods.stream()
                                                    .map(seen -> seen.pod()
                                                            .getMetadata()
                                                            .getName())
                                                    .toList()))),
                    pods.stream().allMatch(seen -> seen.isGone() || isTerminal(seen.pod())));
        }
        return first.verdict();
    }

    /** When the task's own program started, milliseconds since the epoch; 0 if that was not seen. */
    static long startedAt(Sighting sighting) {
        return sighting.pods().stream()
                .mapToLong(seen -> new PodVerdicts(sighting, seen).startedAt())
                .max()
                .orElse(0);
    }

    /** Whether a Pod of it was to end and its node does not answer. */
    static boolean hasLostItsNode(Sighting sighting) {
        return sighting.pods().stream()
                .anyMatch(seen -> !seen.isGone() && new PodVerdicts(sighting, seen).isNodeLost());
    }

    /** Whether the task's own container has begun, and so may have output. */
    static boolean hasBegun(Pod pod) {
        return taskState(pod)
                .filter(state -> state.getRunning() != null || state.getTerminated() != null)
                .isPresent();
    }

    static boolean hasEnded(Pod pod) {
        return taskState(pod).filter(state -> state.getTerminated() != null).isPresent();
    }

    /** The init container for whose failure the task's own never begins. */
    static Optional<String> failedInitContainer(Pod pod) {
        return pod.getStatus() == null || hasBegun(pod)
                ? Optional.empty()
                : statuses(pod.getStatus().getInitContainerStatuses()).stream()
                        .filter(status -> !isSidecar(pod, status.getName()))
                        .filter(status -> terminated(status)
                                .filter(end -> end.getExitCode() != 0)
                                .isPresent())
                        .map(ContainerStatus::getName)
                        .findFirst();
    }

    private static Optional<ContainerState> taskState(Pod pod) {
        return pod.getStatus() == null
                ? Optional.empty()
                : statuses(pod.getStatus().getContainerStatuses()).stream()
                        .filter(status -> JobManifests.TASK.equals(status.getName()))
                        .flatMap(status -> Optional.ofNullable(status.getState()).stream())
                        .findFirst();
    }

    // Without a Pod

    private static Verdict withoutPod(Sighting sighting) {
        Optional<JobCondition> failed = condition(sighting, "Failed").or(() -> condition(sighting, "FailureTarget"));
        if (failed.isPresent()) {
            String words = "the Job %s failed, and no Pod of it was seen: %s"
                    .formatted(
                            jobName(sighting),
                            words(failed.get().getReason(), failed.get().getMessage()));
            return over(
                    isDeadline(failed.get()) ? Cause.JOB_DEADLINE.lost(words) : Cause.JOB_FAILED.lost(words),
                    0,
                    sighting.now());
        }
        if (sighting.isJobGone()) {
            return over(
                    Cause.JOB_DELETED.lost(
                            "the Job %s is gone, and no Pod of it was seen".formatted(jobName(sighting))),
                    0,
                    sighting.now());
        }
        if (condition(sighting, "Complete")
                .flatMap(complete -> time(complete.getLastTransitionTime()))
                .filter(since -> isOlder(since, POD_PATIENCE, sighting.now()))
                .isPresent()) {
            return over(
                    Cause.JOB_DELETED.lost(
                            "the Job %s is complete, but its Pod was gone before anybody saw how the agent ended"
                                    .formatted(jobName(sighting))),
                    0,
                    sighting.now());
        }
        Optional<Event> refusal = sighting.events().stream()
                .filter(event -> "FailedCreate".equals(event.getReason()))
                .findFirst();
        if (refusal.isPresent() && isOverdue(sighting, sighting.job().map(PodVerdicts::created))) {
            return new Verdict.Doomed(
                    Cause.POD_REFUSED.notStarted("the Job %s in namespace %s gets no Pod: %s"
                            .formatted(
                                    jobName(sighting),
                                    namespace(sighting),
                                    refusal.get().getMessage())),
                    0);
        }
        return preparing(
                refusal.map(event -> "waiting for a Pod: " + event.getMessage()).orElse("waiting for a Pod"));
    }

    // With one

    private Verdict verdict() {
        if (!isPodGone && !isOver() && isNodeLost()) {
            return over(
                    Cause.POD_NODE_LOST.lost("%s was to end, but its node %s does not answer"
                            .formatted(place(), pod.getSpec().getNodeName())),
                    startedAt(),
                    sighting.now());
        }
        return initFailure()
                .or(this::exit)
                .or(this::vanished)
                .or(this::failure)
                .or(this::obstacle)
                .orElseGet(this::underWay);
    }

    private Optional<Verdict> initFailure() {
        for (ContainerStatus status : statuses(pod.getStatus().getInitContainerStatuses())) {
            ContainerStateTerminated end =
                    status.getState() == null ? null : status.getState().getTerminated();
            if (end != null && end.getExitCode() != 0 && !isSidecar(status.getName()) && !isTakenAway(end)) {
                return Optional.of(over(
                        Cause.POD_INIT_FAILED.notStarted(
                                "%s: its init container %s %s".formatted(place(), status.getName(), exited(end))),
                        0,
                        finishedAt(end)));
            }
        }
        return Optional.empty();
    }

    /** The end of the task's containers by themselves or by force. */
    private Optional<Verdict> exit() {
        List<ContainerStatus> all = statuses(pod.getStatus().getContainerStatuses());
        List<ContainerStatus> ended =
                all.stream().filter(status -> terminated(status).isPresent()).toList();
        Optional<ContainerStatus> failed = ended.stream()
                .filter(status -> terminated(status).orElseThrow().getExitCode() != 0)
                .min(Comparator.comparing(status -> !JobManifests.TASK.equals(status.getName())));
        boolean isWhole = isOver();
        if (!isWhole && failed.isEmpty()) {
            return Optional.empty();
        }
        ContainerStatus telling = failed.or(() -> ended.stream()
                        .filter(status -> JobManifests.TASK.equals(status.getName()))
                        .findFirst())
                .orElseGet(ended::getFirst);
        ContainerStateTerminated end = terminated(telling).orElseThrow();
        if (isDeleted() && !isWhole) {
            return Optional.empty(); // its other containers are being ended
        }
        if (isDeleted() && isTakenAway(end) && !sighting.isStopped() && !isExplained()) {
            return Optional.of(new Verdict.Open(observedNow()));
        }
        return Optional.of(ends(ending(telling, end), isWhole));
    }

    private Ending ending(ContainerStatus container, ContainerStateTerminated end) {
        int code = code(end);
        String words = "%s: its container %s %s".formatted(place(), container.getName(), exited(end));
        if (isStartError(end) && JobManifests.TASK.equals(container.getName())) {
            return Cause.POD_PROGRAM_MISSING.notStarted(words);
        }
        boolean isForced = isTakenAway(end);
        if (sighting.isStopped() && isForced) {
            return hasRun(container, end)
                    ? Cause.CONTAINER_FAILED.exited(code, words, true)
                    : Cause.STOPPED_BEFORE_START.notStarted("stopped before the agent started");
        }
        Optional<Cause> force = isForced || isTerminal(pod) ? force(end) : Optional.empty();
        if (force.isPresent()) {
            String forced = words + (force.get() == Cause.JOB_DELETED ? " when somebody had it deleted" : because());
            if (!hasRun(container, end)) {
                return force.get().notStarted(forced);
            }
            return code == 0 ? force.get().lost(forced) : force.get().exited(code, forced, false);
        }
        if (code != 0 && "OOMKilled".equals(end.getReason())) {
            return Cause.CONTAINER_OUT_OF_MEMORY.exited(code, words, false);
        }
        return Cause.CONTAINER_FAILED.exited(code, words + hint(code), false);
    }

    /** Who ended it from outside, if anybody did. */
    private Optional<Cause> force(ContainerStateTerminated end) {
        if (isEvicted(end)) {
            return Optional.of(Cause.POD_EVICTED);
        }
        if (isPastDeadline(end)) {
            return Optional.of(Cause.JOB_DEADLINE);
        }
        return isDeleted() && isTakenAway(end) ? Optional.of(Cause.JOB_DELETED) : Optional.empty();
    }

    /** A Pod that went without a last word. */
    private Optional<Verdict> vanished() {
        if (!isPodGone) {
            return Optional.empty();
        }
        if (sighting.isStopped()) {
            return Optional.of(over(
                    canNotHaveBegun()
                            ? Cause.STOPPED_BEFORE_START.notStarted("stopped before the agent started")
                            : Cause.JOB_FAILED.lost(
                                    "%s was stopped and is gone, and its end was not seen".formatted(place())),
                    startedAt(),
                    sighting.now()));
        }
        if (!isExplained()) {
            return Optional.of(new Verdict.Open(observedNow()));
        }
        Cause cause = isEvicted(null)
                ? Cause.POD_EVICTED
                : jobFailure().filter(PodVerdicts::isDeadline).isPresent() ? Cause.JOB_DEADLINE : Cause.JOB_DELETED;
        String words = "%s is gone%s".formatted(place(), because());
        return Optional.of(
                over(canNotHaveBegun() ? cause.notStarted(words) : cause.lost(words), startedAt(), sighting.now()));
    }

    /** No node had it, or what comes before the agent had failed. */
    private boolean canNotHaveBegun() {
        return startedAt() == 0 && (isUnscheduled() || failedInitContainer(pod).isPresent());
    }

    /** A Pod that failed as a whole. */
    private Optional<Verdict> failure() {
        if (!"Failed".equals(pod.getStatus().getPhase())) {
            return Optional.empty();
        }
        String words = "%s failed%s".formatted(placeAndPhase(), because());
        Cause cause =
                isEvicted(null) ? Cause.POD_EVICTED : words.contains("eadline") ? Cause.JOB_DEADLINE : Cause.JOB_FAILED;
        boolean ran = statuses(pod.getStatus().getContainerStatuses()).stream()
                .anyMatch(status -> terminated(status).isPresent());
        return Optional.of(over(ran ? cause.lost(words) : cause.notStarted(words), startedAt(), sighting.now()));
    }

    /**
     * What keeps its agent from starting, or after its end another container of its Pod, and is not going to pass. While the
     * agent runs, nobody ends it for that.
     */
    private Optional<Verdict> obstacle() {
        boolean hasStarted = startedAt() > 0;
        if (isDeleted() || (hasStarted && !hasEnded(pod))) {
            return Optional.empty();
        }
        for (ContainerStatus status : statuses(pod.getStatus().getInitContainerStatuses())) {
            Optional<Verdict> obstacle = waiting(status, true);
            if (obstacle.isPresent()) {
                return obstacle;
            }
        }
        for (ContainerStatus status : statuses(pod.getStatus().getContainerStatuses())) {
            Optional<Verdict> obstacle = waiting(status, false);
            if (obstacle.isPresent()) {
                return obstacle;
            }
        }
        if (hasStarted || !isOverdue(sighting, Optional.of(created(pod)))) {
            return Optional.empty();
        }
        Optional<PodCondition> unschedulable = podCondition("PodScheduled")
                .filter(scheduled ->
                        "False".equals(scheduled.getStatus()) && "Unschedulable".equals(scheduled.getReason()));
        if (unschedulable.isPresent()) {
            return Optional.of(new Verdict.Doomed(
                    Cause.POD_UNSCHEDULABLE.notStarted("%s finds no node within %d s: %s"
                            .formatted(
                                    placeAndPhase(),
                                    sighting.patience().toSeconds(),
                                    unschedulable.get().getMessage())),
                    0));
        }
        return "Pending".equals(pod.getStatus().getPhase()) && isWaitingForVolumes()
                ? volumeComplaint()
                        .map(event -> new Verdict.Doomed(
                                Cause.POD_VOLUME.notStarted("%s does not get its volumes within %d s: %s"
                                        .formatted(
                                                placeAndPhase(),
                                                sighting.patience().toSeconds(),
                                                event.getMessage())),
                                0))
                : Optional.empty();
    }

    /** Volumes are mounted before the Pod's network is there, and that before any container begins or any image is pulled. */
    private boolean isWaitingForVolumes() {
        boolean isPastThem = podCondition("PodReadyToStartContainers")
                .filter(condition -> "True".equals(condition.getStatus()))
                .isPresent();
        return !isPastThem
                && statuses(pod.getStatus().getInitContainerStatuses()).stream()
                        .allMatch(status -> status.getState() == null
                                || (status.getState().getRunning() == null
                                        && terminated(status).isEmpty()))
                && statuses(pod.getStatus().getContainerStatuses()).stream()
                        .allMatch(status ->
                                status.getState() == null || status.getState().getRunning() == null);
    }

    private Optional<Verdict> waiting(ContainerStatus status, boolean isInit) {
        ContainerStateWaiting waiting =
                status.getState() == null ? null : status.getState().getWaiting();
        if (waiting == null || waiting.getReason() == null) {
            return Optional.empty();
        }
        String reason = waiting.getReason();
        Cause cause;
        if (PULLING.contains(reason)) {
            cause = Cause.POD_IMAGE_PULL;
        } else if (UNFIT_NAME.contains(reason)) {
            cause = Cause.POD_IMAGE_NAME;
        } else if (REFUSED.contains(reason) && isForItsSecret(waiting)) {
            if (!isOlder(created(pod), SECRET_PATIENCE, sighting.now())) {
                return Optional.empty();
            }
            cause = Cause.START_INTERRUPTED;
        } else if (REFUSED.contains(reason)) {
            cause = isInit ? Cause.POD_INIT_FAILED : Cause.POD_CONTAINER_REFUSED;
        } else {
            return Optional.empty();
        }
        String words = "%s: its container %s (%s) waits: %s"
                .formatted(placeAndPhase(), status.getName(), status.getImage(), words(reason, waiting.getMessage()));
        return Optional.of(
                new Verdict.Doomed(startedAt() > 0 ? cause.lost(words) : cause.notStarted(words), startedAt()));
    }

    /** A Job's Secret is made after the Job: until then its node complains, and for ever if its maker died in between. */
    private boolean isForItsSecret(ContainerStateWaiting waiting) {
        return sighting.job().filter(Marks::hasSecret).isPresent()
                && String.valueOf(waiting.getMessage()).contains("secret \"%s\"".formatted(jobName(sighting)));
    }

    private Verdict underWay() {
        return new Verdict.Open(observedNow());
    }

    private Observed observedNow() {
        long startedAt = startedAt();
        return startedAt > 0 ? new Observed.Running(startedAt) : new Observed.Preparing(step());
    }

    private String step() {
        if (isUnscheduled()) {
            return "waiting for a node" + because();
        }
        for (ContainerStatus status : statuses(pod.getStatus().getInitContainerStatuses())) {
            if (status.getState() != null && status.getState().getRunning() != null && !isSidecar(status.getName())) {
                return "init container " + status.getName();
            }
        }
        return volumeComplaint()
                .map(event -> "waiting for volumes: " + event.getMessage())
                .orElse("pulling and starting");
    }

    // Facts

    /** @param isWhole whether nothing of the Pod runs any more */
    private Verdict ends(Ending ending, boolean isWhole) {
        if (!isWhole) {
            return new Verdict.Doomed(ending, startedAt());
        }
        Instant finished = statuses(pod.getStatus().getContainerStatuses()).stream()
                .flatMap(status -> terminated(status).stream())
                .map(this::finishedAt)
                .max(Comparator.naturalOrder())
                .orElse(sighting.now());
        return over(ending, ending instanceof Ending.NotStarted ? 0 : startedAt(), finished);
    }

    private static Verdict over(Ending ending, long startedAt, Instant endedAt) {
        return new Verdict.Over(new Observed.Ended(ending, startedAt, Math.max(startedAt, endedAt.toEpochMilli())));
    }

    private static Verdict preparing(String step) {
        return new Verdict.Open(new Observed.Preparing(step));
    }

    /** Whether every container but those that only accompany the others has ended. */
    private boolean isOver() {
        List<ContainerStatus> all = statuses(pod.getStatus().getContainerStatuses());
        return !all.isEmpty()
                && all.stream().allMatch(status -> terminated(status).isPresent());
    }

    static boolean isTerminal(Pod pod) {
        String phase = pod.getStatus() == null ? "" : pod.getStatus().getPhase();
        return "Failed".equals(phase) || "Succeeded".equals(phase);
    }

    /** When the task's own program started, milliseconds since the epoch; 0 if it never did. */
    private long startedAt() {
        return statuses(pod.getStatus().getContainerStatuses()).stream()
                .filter(status -> JobManifests.TASK.equals(status.getName()))
                .map(ContainerStatus::getState)
                .flatMap(state -> Optional.ofNullable(state).flatMap(PodVerdicts::begun).stream())
                .mapToLong(Instant::toEpochMilli)
                .max()
                .orElse(0);
    }

    private static Optional<Instant> begun(ContainerState state) {
        if (state.getRunning() != null) {
            return time(state.getRunning().getStartedAt());
        }
        ContainerStateTerminated end = state.getTerminated();
        return end == null || isStartError(end)
                ? Optional.empty()
                : time(end.getStartedAt()).filter(instant -> instant.toEpochMilli() > 0);
    }

    private Instant finishedAt(ContainerStateTerminated end) {
        return time(end.getFinishedAt())
                .filter(instant -> instant.toEpochMilli() > 0)
                .orElse(sighting.now());
    }

    /** Times are whole seconds: an end within the same one is no earlier. */
    private static boolean isEarlier(ContainerStateTerminated end, Instant instant) {
        return time(end.getFinishedAt())
                .filter(finished -> finished.isBefore(instant))
                .isPresent();
    }

    private static boolean isStartError(ContainerStateTerminated end) {
        return "StartError".equals(end.getReason());
    }

    private static boolean isUnknown(ContainerStateTerminated end) {
        return "ContainerStatusUnknown".equals(end.getReason());
    }

    private boolean hasRun(ContainerStatus container, ContainerStateTerminated end) {
        boolean wasNeverMade = isUnknown(end)
                && (container.getContainerID() == null
                        || container.getContainerID().isEmpty());
        return !isStartError(end)
                && !wasNeverMade
                && (JobManifests.TASK.equals(container.getName()) || startedAt() > 0);
    }

    private boolean isDeleted() {
        return isPodGone || pod.getMetadata().getDeletionTimestamp() != null;
    }

    /** Whether it ended no earlier than somebody asked for that: its code is then an answer to that, not the task's own word. */
    private boolean isTakenAway(ContainerStateTerminated end) {
        return deletedAt().filter(deleted -> !isEarlier(end, deleted)).isPresent();
    }

    /** When its deletion was asked for: what the object shows is the end of the grace. */
    private Optional<Instant> deletedAt() {
        Long grace = pod.getMetadata().getDeletionGracePeriodSeconds();
        return time(pod.getMetadata().getDeletionTimestamp()).map(end -> end.minusSeconds(grace == null ? 0 : grace));
    }

    private boolean isEvicted(@Nullable ContainerStateTerminated end) {
        return "Evicted".equals(pod.getStatus().getReason())
                || podCondition("DisruptionTarget")
                        .filter(condition -> "True".equals(condition.getStatus()))
                        .filter(condition -> end == null
                                || time(condition.getLastTransitionTime())
                                        .filter(since -> isEarlier(end, since))
                                        .isEmpty())
                        .isPresent();
    }

    private boolean isPastDeadline(ContainerStateTerminated end) {
        return DEADLINE.equals(pod.getStatus().getReason())
                || jobFailure()
                        .filter(PodVerdicts::isDeadline)
                        .filter(failure -> time(failure.getLastTransitionTime())
                                .filter(since -> isEarlier(end, since))
                                .isEmpty())
                        .isPresent();
    }

    /** Whether the Job says what it makes of the Pod's end, or nothing more will be said. */
    private boolean isExplained() {
        return sighting.isJobGone()
                || sighting.job()
                        .filter(job -> job.getMetadata().getDeletionTimestamp() != null)
                        .isPresent()
                || isEvicted(null)
                || jobFailure().isPresent()
                || condition(sighting, "SuccessCriteriaMet").isPresent()
                || condition(sighting, "Complete").isPresent();
    }

    private Optional<JobCondition> jobFailure() {
        return condition(sighting, "FailureTarget").or(() -> condition(sighting, "Failed"));
    }

    private static boolean isDeadline(JobCondition failure) {
        return DEADLINE.equals(failure.getReason());
    }

    private boolean isUnscheduled() {
        return pod.getSpec().getNodeName() == null
                || pod.getSpec().getNodeName().isEmpty();
    }

    /** The cluster says that its node is not ready, and its deletion is long overdue. */
    private boolean isNodeLost() {
        return time(pod.getMetadata().getDeletionTimestamp())
                        .filter(end -> isOlder(end, NODE_PATIENCE, sighting.now()))
                        .isPresent()
                && (sighting.events().stream().anyMatch(event -> "NodeNotReady".equals(event.getReason()))
                        || isMarkedByTheCluster());
    }

    /**
     * A node that does not answer has its Pods marked as not ready, without a reason and although their containers were last
     * seen ready: the event that says it in words expires.
     */
    private boolean isMarkedByTheCluster() {
        boolean isUnready = podCondition("Ready")
                .filter(ready -> "False".equals(ready.getStatus()) && ready.getReason() == null)
                .isPresent();
        return isUnready
                && podCondition("ContainersReady")
                        .filter(ready -> "True".equals(ready.getStatus()))
                        .isPresent();
    }

    private boolean isSidecar(String initContainer) {
        return isSidecar(pod, initContainer);
    }

    private static boolean isSidecar(Pod pod, String initContainer) {
        return pod.getSpec().getInitContainers().stream()
                .anyMatch(container ->
                        initContainer.equals(container.getName()) && "Always".equals(container.getRestartPolicy()));
    }

    private Optional<Event> volumeComplaint() {
        return sighting.events().stream()
                .filter(event -> NO_VOLUME.contains(String.valueOf(event.getReason())))
                .findFirst();
    }

    private Optional<PodCondition> podCondition(String type) {
        return pod.getStatus().getConditions().stream()
                .filter(condition -> type.equals(condition.getType()))
                .findFirst();
    }

    private static Optional<JobCondition> condition(Sighting sighting, String type) {
        return sighting.job().map(Job::getStatus).stream()
                .flatMap(status -> status.getConditions().stream())
                .filter(condition -> type.equals(condition.getType()) && "True".equals(condition.getStatus()))
                .findFirst();
    }

    private static List<ContainerStatus> statuses(@Nullable List<ContainerStatus> statuses) {
        return statuses == null ? List.of() : statuses;
    }

    private static Optional<ContainerStateTerminated> terminated(ContainerStatus status) {
        return Optional.ofNullable(status.getState()).map(ContainerState::getTerminated);
    }

    private static int code(ContainerStateTerminated end) {
        Integer signal = end.getSignal();
        return signal != null && signal > 0 ? SIGNALS + signal : end.getExitCode();
    }

    private static boolean isOverdue(Sighting sighting, Optional<Instant> since) {
        return sighting.patience().isPositive()
                && since.filter(created -> isOlder(created, sighting.patience(), sighting.now()))
                        .isPresent();
    }

    private static boolean isOlder(Instant instant, Duration age, Instant now) {
        return instant.plus(age).isBefore(now);
    }

    private static Instant created(io.fabric8.kubernetes.api.model.HasMetadata object) {
        return time(object.getMetadata().getCreationTimestamp()).orElse(Instant.MAX.minus(Duration.ofDays(400)));
    }

    private static Optional<Instant> time(@Nullable String text) {
        if (text == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    // Words

    private static String exited(ContainerStateTerminated end) {
        int code = code(end);
        String message = end.getMessage() == null ? "" : ": " + end.getMessage().strip();
        String reason =
                end.getReason() == null || "Error".equals(end.getReason()) || "Completed".equals(end.getReason())
                        ? ""
                        : " (" + end.getReason() + ")";
        return code > SIGNALS && code <= SIGNALS + LAST_SIGNAL
                ? "was ended by signal %d (code %d)%s%s".formatted(code - SIGNALS, code, reason, message)
                : "exited with code %d%s%s".formatted(code, reason, message);
    }

    private static String hint(int code) {
        return code == SIGNALS + TERM
                ? " (an eviction, a drained node, a deadline or somebody's deletion sends this signal)"
                : "";
    }

    private String place() {
        return "Pod %s of Job %s in namespace %s"
                .formatted(
                        pod.getMetadata().getName(),
                        jobName(sighting),
                        pod.getMetadata().getNamespace());
    }

    /** Only of a Pod whose phase does not change any more by itself: an end is to be told in the same words whenever it is told. */
    private String placeAndPhase() {
        return place() + " (" + pod.getStatus().getPhase() + ")";
    }

    /** What Pod and Job say about it themselves. */
    private String because() {
        StringBuilder words = new StringBuilder();
        String reason = pod.getStatus().getReason();
        if (reason != null || pod.getStatus().getMessage() != null) {
            words.append("; the Pod says: ")
                    .append(words(reason, pod.getStatus().getMessage()));
        }
        podCondition("DisruptionTarget")
                .ifPresent(condition ->
                        words.append("; the Pod says: ").append(words(condition.getReason(), condition.getMessage())));
        podCondition("PodScheduled")
                .filter(condition -> "False".equals(condition.getStatus()))
                .ifPresent(condition ->
                        words.append("; the Pod says: ").append(words(condition.getReason(), condition.getMessage())));
        jobFailure()
                .ifPresent(condition ->
                        words.append("; the Job says: ").append(words(condition.getReason(), condition.getMessage())));
        sighting.events().stream()
                .filter(event -> startedAt() == 0 && "Failed".equals(event.getReason()))
                .findFirst()
                .ifPresent(event -> words.append("; before that: ").append(event.getMessage()));
        return words.toString();
    }

    private static String words(@Nullable String reason, @Nullable String message) {
        String text = message == null ? "" : message.strip();
        return Stream.of(reason == null ? "" : reason, text)
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining(", "));
    }

    private static String jobName(Sighting sighting) {
        return sighting.job().map(job -> job.getMetadata().getName()).orElse("?");
    }

    private static String namespace(Sighting sighting) {
        return sighting.job().map(job -> job.getMetadata().getNamespace()).orElse("?");
    }
}
