package dev.slipway.executor.k8s;

import dev.slipway.executor.core.Backend;
import dev.slipway.executor.core.Deadline;
import dev.slipway.executor.core.LogSource;
import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.PreflightFailure;
import dev.slipway.executor.core.Progress;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.executor.core.Survivor;
import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.TaskSpec;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Runs tasks as Jobs of a cluster, one Job for each run. The Job is the evidence: it carries the run's exact ids, and its name,
 * which the run alone can have, keeps a second one from being made. What ends a run before its Pod ends by itself deletes the Job
 * and then puts a record in its place, so that the name stays taken and the end is known to every later process.
 */
final class KubernetesBackend implements Backend, Closeable {
    /** Beyond the grace of a Pod's own, until a stop is asked for again. */
    private static final Duration MARGIN = Duration.ofSeconds(30);

    /** What a cluster gives a Pod that does not say how long its end may take. */
    private static final long USUAL_GRACE = 30;

    private static final Duration LOOK = Duration.ofSeconds(1);

    /** One list may fail. */
    private static final Duration OLDEST_LIST = Duration.ofSeconds(45);

    private final Site site;
    private final Cluster cluster;
    private final Creation creation;
    private final Deadline began;
    private final Sights sights;
    private final Map<RunId, RunHandle> handles = new ConcurrentHashMap<>();

    /** @param settling how long a request of an earlier process may take to have its effect */
    KubernetesBackend(Site site, Cluster cluster, InstantSource clock, Duration settling) {
        this.site = site;
        this.cluster = cluster;
        this.creation = new Creation(site, cluster);
        this.began = Deadline.in(settling);
        this.sights = new Sights(cluster, site.settings().unschedulableTimeout(), clock);
    }

    @Override
    public BackendKind kind() {
        return BackendKind.KUBERNETES;
    }

    @Override
    public List<String> preflight() throws PreflightFailure {
        return cluster.prepare();
    }

    @Override
    public String description() {
        return cluster.described();
    }

    @Override
    public Optional<String> trouble() {
        Duration age = cluster.age();
        return age.compareTo(OLDEST_LIST) > 0
                ? Optional.of(
                        "the cluster was last seen %d s ago: see whether its API server runs and can be reached; Jobs go on meanwhile"
                                .formatted(age.toSeconds()))
                : Optional.empty();
    }

    @Override
    public void start(RunId run, TaskSpec spec, Progress progress) throws StartFailure, IOException {
        RunHandle handle = handle(run);
        handle.starting.lock();
        try {
            handle.name(Names.ofJob(spec.taskId(), run.key()));
            if (handle.ended().isEmpty() && sights.of(run, handle).isEmpty()) {
                create(run, spec, handle, progress);
            }
        } finally {
            handle.starting.unlock();
        }
    }

    private void create(RunId run, TaskSpec spec, RunHandle handle, Progress progress)
            throws StartFailure, IOException {
        try {
            progress.step("making its Job");
            creation.create(run, spec, handle.names())
                    .ifPresent(ending -> handle.decide(
                            new Observed.Ended(ending, 0, cluster.now().toEpochMilli())));
        } catch (IOException | RuntimeException e) {
            handle.failToStart();
            throw e;
        }
    }

    @Override
    public List<Survivor> survivors() throws IOException {
        if (!cluster.isSeen()) {
            throw new IOException("the cluster has not been seen yet");
        }
        return cluster.mirror().present().stream()
                .flatMap(job -> Marks.survivor(job).stream())
                .distinct()
                .toList();
    }

    @Override
    public Observed observe(RunId run, Duration patience) throws IOException {
        Deadline deadline = Deadline.in(patience);
        RunHandle handle = handle(run);
        while (true) {
            if (handle.ended().isPresent()) {
                return handle.ended().get();
            }
            long version = cluster.mirror().version();
            Optional<Sighting> sighting = sights.of(run, handle);
            if (sighting.isEmpty()) {
                return new Observed.Ended(
                        Cause.EVIDENCE_GONE.lost("no Job of the run is in namespace "
                                + site.settings().namespace()),
                        0,
                        0);
            }
            Optional<Observed> observed = look(run, handle, sighting.get(), deadline);
            if (observed.isPresent()
                    && (observed.get() instanceof Observed.Ended
                            || handle.isNews(observed.get())
                            || deadline.isOver())) {
                return observed.get();
            }
            if (deadline.isOver()) {
                return new Observed.Preparing("ending");
            }
            cluster.mirror().await(version, deadline, LOOK);
        }
    }

    private Optional<Observed> look(RunId run, RunHandle handle, Sighting sighting, Deadline deadline)
            throws IOException {
        Optional<Job> standIn = sighting.job().filter(EndRecords::isOn);
        if (standIn.isPresent()) {
            return Optional.of(handle.end(EndRecords.read(standIn.get())));
        }
        if (handle.isBeingEnded() || handle.decided().isPresent()) {
            // Its Job is being deleted: its end is told once that is recorded.
            return settle(run, handle, deadline) ? handle.ended().map(end -> end) : Optional.of(open(sighting));
        }
        Sighting seen = sighting;
        Verdict verdict = PodVerdicts.of(seen);
        if (verdict instanceof Verdict.Doomed
                || (verdict instanceof Verdict.Over && seen.pods().isEmpty())) {
            // Jobs and Pods are watched apart, and one may be seconds behind: before a run is ended for what its Pod
            // lacks, the Pod is looked at.
            cluster.seePodsOf(seen.job().orElseThrow());
            seen = sightingOf(run, handle);
            verdict = PodVerdicts.of(seen);
        }
        long now = seen.now().toEpochMilli();
        return switch (verdict) {
            case Verdict.Open(Observed observed) -> Optional.of(observed);
            case Verdict.Over(Observed.Ended ended) -> Optional.of(handle.end(ended));
            case Verdict.Doomed doomed -> {
                handle.decide(new Observed.Ended(
                        doomed.ending(), doomed.startedAtMillis(), Math.max(doomed.startedAtMillis(), now)));
                yield settle(run, handle, deadline)
                        ? handle.ended().map(end -> end)
                        : Optional.of(new Observed.Preparing("being deleted"));
            }
        };
    }

    private static Observed open(Sighting sighting) {
        return PodVerdicts.of(sighting) instanceof Verdict.Open(Observed.Running running)
                ? running
                : new Observed.Preparing("being deleted");
    }

    /**
     * Ends a run by deleting its Job, and puts its end on record.
     *
     * @return whether that is done; if not, the caller asks again
     */
    private boolean settle(RunId run, RunHandle handle, Deadline deadline) throws IOException {
        if (!handle.tryEnding(deadline)) {
            return false;
        }
        try {
            if (handle.ended().isPresent()) {
                return true;
            }
            Sighting sighting = sights.of(run, handle).orElseThrow(() -> new IOException("the Job is not to be seen"));
            Job job = sighting.job().orElseThrow();
            if (!sighting.isJobGone() && job.getMetadata().getDeletionTimestamp() == null) {
                creation.announce(run, job);
                cluster.api().delete(job, DeletionPropagation.FOREGROUND);
            }
            while (!sighting.isGone() && !PodVerdicts.hasLostItsNode(sighting)) {
                if (deadline.isOver()) {
                    return false;
                }
                long version = cluster.mirror().version();
                cluster.mirror().await(version, deadline, LOOK);
                sighting = sights.of(run, handle).orElseThrow();
            }
            Observed.Ended end = handle.decided()
                    .filter(decided -> !contradicts(decided, PodVerdicts.startedAt(sightingOf(run, handle))))
                    .orElseGet(() -> lastWord(sightingOf(run, handle)));
            Observed.Ended told = handle.isAbandoned() ? abandoned(end) : end;
            creation.record(run, job, told);
            handle.end(told);
            return true;
        } finally {
            handle.ending.unlock();
        }
    }

    private Sighting sightingOf(RunId run, RunHandle handle) {
        return sights.of(run, handle).orElseThrow();
    }

    private static boolean contradicts(Observed.Ended decided, long startedAt) {
        return decided.ending() instanceof Ending.NotStarted && startedAt > 0;
    }

    private static Observed.Ended lastWord(Sighting sighting) {
        return PodVerdicts.of(sighting) instanceof Verdict.Over(Observed.Ended ended)
                ? ended
                : new Observed.Ended(
                        Cause.JOB_DELETED.lost("the Job is gone, and how the agent ended was not seen"),
                        PodVerdicts.startedAt(sighting),
                        Math.max(PodVerdicts.startedAt(sighting), sighting.now().toEpochMilli()));
    }

    /** What is told of the end of a run whose start failed half-way: nobody stopped it, so neither is that its end's cause. */
    static Observed.Ended abandoned(Observed.Ended end) {
        Ending ending = switch (end.ending()) {
            case Ending.NotStarted never
            when never.reason() == FailureReason.TASK_CANCELLED ->
                Cause.START_FAILED.notStarted("the start failed half-way");
            case Ending.Exited exited
            when exited.stopped() ->
                Cause.START_FAILED.lost(
                        "the start failed half-way, and the agent, which had begun meanwhile, was ended");
            default -> end.ending();
        };
        return new Observed.Ended(ending, end.startedAtMillis(), end.endedAtMillis());
    }

    @Override
    public boolean revoke(RunId run) throws IOException {
        RunHandle handle = handle(run);
        handle.starting.lock();
        try {
            if (handle.ended().isPresent()) {
                return hasNeverStarted(handle.ended().get());
            }
            Optional<Sighting> sighting = sights.of(run, handle);
            if (sighting.isEmpty()) {
                return revokeUnseen(run, handle);
            }
            cluster.seePodsOf(sighting.get().job().orElseThrow());
            sighting = sights.of(run, handle);
            Optional<Observed> observed = look(run, handle, sighting.orElseThrow(), Deadline.in(Duration.ZERO));
            if (observed.isPresent() && observed.get() instanceof Observed.Running) {
                return false;
            }
            if (observed.isPresent() && observed.get() instanceof Observed.Ended ended) {
                return hasNeverStarted(ended);
            }
            handle.revoke();
            if (!settle(run, handle, Deadline.in(graceOf(sighting.get()).plus(MARGIN)))) {
                throw new IOException("its Pod has not gone yet");
            }
            return handle.ended().filter(KubernetesBackend::hasNeverStarted).isPresent();
        } finally {
            handle.starting.unlock();
        }
    }

    /**
     * What stands in the places of its Job keeps every Job of those names from being made; one of a name that is not known needs
     * time to show.
     */
    private boolean revokeUnseen(RunId run, RunHandle handle) throws IOException {
        if (handle.names().isEmpty() && !began.isOver()) {
            throw new IOException(
                    "an earlier process of this executor may have asked for its Job: waiting %d s for that to show"
                            .formatted(began.left().toSeconds() + 1));
        }
        cluster.seeJobsOf(run);
        if (!cluster.mirror().of(run).isEmpty()) {
            throw new IOException("its Job has just been seen");
        }
        Observed.Ended end = new Observed.Ended(
                Cause.STOPPED_BEFORE_START.notStarted("stopped before the agent started"),
                0,
                cluster.now().toEpochMilli());
        Observed.Ended told = handle.isAbandoned() ? abandoned(end) : end;
        creation.takeNames(run, handle.names(), told);
        handle.end(told);
        return true;
    }

    private static boolean hasNeverStarted(Observed.Ended ended) {
        return ended.ending() instanceof Ending.NotStarted;
    }

    @Override
    public boolean stop(RunId run, Duration grace) throws IOException {
        RunHandle handle = handle(run);
        Optional<Sighting> sighting = sights.of(run, handle);
        if (sighting.isEmpty() || handle.ended().isPresent()) {
            return true;
        }
        Optional<Observed> observed = look(run, handle, sighting.get(), Deadline.in(Duration.ZERO));
        if (observed.isPresent() && observed.get() instanceof Observed.Ended) {
            return true;
        }
        handle.stop();
        return settle(run, handle, Deadline.in(graceOf(sighting.get()).plus(MARGIN)));
    }

    /** A cluster asks a Pod to end as the Pod itself says: a deletion of its Job cannot change that. */
    private static Duration graceOf(Sighting sighting) {
        return Duration.ofSeconds(sighting.job()
                .map(job -> job.getSpec().getTemplate().getSpec().getTerminationGracePeriodSeconds())
                .orElse(USUAL_GRACE));
    }

    @Override
    public LogSource logs(RunId run, String cursor) throws IOException {
        RunHandle handle = handle(run);
        return sights.of(run, handle).isEmpty()
                ? LogSource.none()
                : handle.log(cluster.api(), cluster.mirror()).from(LogCursor.parse(cursor));
    }

    @Override
    public void forget(RunId run) throws IOException {
        RunHandle handle = handle(run);
        for (Mirror.Seen seen : cluster.mirror().of(run)) {
            if (!seen.isGone() && isForgotten(seen.job(), handle)) {
                cluster.api().delete(seen.job(), DeletionPropagation.BACKGROUND);
            }
        }
        cluster.mirror().forget(run);
        handles.remove(run);
        handle.close();
    }

    /** The Job of a failed task stays for as long as the operator wants to look at it. */
    private boolean isForgotten(Job job, RunHandle handle) {
        boolean succeeded = handle.ended()
                .filter(end -> end.ending() instanceof Ending.Exited exited && exited.code() == 0)
                .isPresent();
        return EndRecords.isOn(job) || (site.isCleaned() && succeeded);
    }

    /** Lets another process take over; the Jobs go on. */
    @Override
    public void close() {
        handles.values().forEach(RunHandle::close);
        cluster.close();
    }

    private RunHandle handle(RunId run) {
        return handles.computeIfAbsent(run, RunHandle::new);
    }
}
