package dev.slipway.executor.k8s;

import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.executor.core.Survivor;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.TaskSpec;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Makes what stands for a run in the cluster, once: what carries its ids already is taken as it is. */
final class Creation {
    private static final Logger LOG = Logger.getLogger(Creation.class);

    /** A cluster's store takes 1.5 MiB, and the Job holds its variables once for every container. In bytes. */
    private static final long LARGEST = 1 << 20;

    /** Of all that one Secret holds; the cluster's own limit. In bytes. */
    private static final long LARGEST_SECRET = 1 << 20;

    private static final int CONFLICT = 409;

    private final Site site;
    private final Cluster cluster;

    Creation(Site site, Cluster cluster) {
        this.site = site;
        this.cluster = cluster;
    }

    /**
     * @param names that its Job may have, in the order in which they are tried
     * @return what it will end with, if what was made can never start
     */
    Optional<Ending> create(RunId run, TaskSpec spec, List<String> names) throws StartFailure, IOException {
        for (String name : names) {
            Manifest manifest = JobManifests.of(site, run, spec, name);
            refuseIfTooLarge(manifest);
            Optional<Job> job = createOrFind(run, manifest.job());
            if (job.isPresent()) {
                return manifest.secrets().isEmpty() || EndRecords.isOn(job.get())
                        ? Optional.empty()
                        : createUnlessThere(manifest, job.get());
            }
        }
        throw new StartFailure(
                Cause.JOB_NAME_TAKEN,
                "in namespace %s, Jobs of others are called %s"
                        .formatted(site.settings().namespace(), String.join(" and ", names)));
    }

    private Optional<Job> createOrFind(RunId run, Job job) throws StartFailure, IOException {
        try {
            return Optional.of(made(cluster.api().create(job)));
        } catch (ApiFailure e) {
            if (e.code() == CONFLICT) {
                return found(run, job.getMetadata().getName(), e);
            }
            if (!e.isRefusal()) {
                throw e;
            }
            String words = "the Job cannot be made in namespace %s: %s"
                    .formatted(site.settings().namespace(), e.getMessage());
            throw new StartFailure(cause(e), words);
        }
    }

    private static Cause cause(ApiFailure refusal) {
        if (refusal.isForbidden()) {
            return Cause.JOB_FORBIDDEN;
        }
        return String.valueOf(refusal.getMessage()).contains("exceeded quota") ? Cause.POD_REFUSED : Cause.JOB_REFUSED;
    }

    /** @return the Job of that name if it is this run's, empty if it is of another execution */
    private Optional<Job> found(RunId run, String name, ApiFailure conflict) throws StartFailure, IOException {
        Job there = cluster.api().job(name).orElseThrow(() -> conflict);
        Optional<RunId> owner = Marks.run(there);
        boolean isOurs = site.executor().equals(Marks.executor(there));
        if (owner.filter(run::equals).isPresent() && isOurs) {
            return Optional.of(made(there));
        }
        if (owner.filter(other -> other.key().execution().equals(run.key().execution()))
                .isPresent()) {
            throw new StartFailure(
                    Cause.EVIDENCE_IN_THE_WAY,
                    "Job %s is one of the same execution, of executor '%s' and ledger %s"
                            .formatted(name, Marks.executor(there), owner.get().ledger()));
        }
        return Optional.empty();
    }

    private Optional<Ending> createUnlessThere(Manifest manifest, Job job) throws IOException {
        try {
            cluster.api().create(manifest.secretOf(job));
        } catch (ApiFailure e) {
            if (e.isRefusal()) {
                return Optional.of(
                        cause(e).notStarted("the Secret for the task's variables cannot be made in namespace %s: %s"
                                .formatted(site.settings().namespace(), e.getMessage())));
            }
            if (e.code() != CONFLICT) {
                throw e;
            }
        }
        return Optional.empty();
    }

    /**
     * Says that a run's Job is about to be deleted, so that a process that finds neither Job nor record later does not take
     * the run for one that never began. A cluster that has no room for one more object does not keep the Job from being deleted.
     */
    void announce(RunId run, Job job) throws IOException {
        try {
            occupy(run, job, ownName(run), EndRecords.ANNOUNCEMENT, "true");
        } catch (ApiFailure e) {
            if (!e.isRefusal()) {
                throw e;
            }
            LOG.warnf(
                    "the end of %s cannot be announced, and its Job is deleted without that: %s", run, e.getMessage());
        }
    }

    /**
     * Takes every name that a run's Job could have. Names of others' Jobs are taken already.
     *
     * @throws IOException the run's Job is there
     */
    void takeNames(RunId run, List<String> names, Observed.Ended end) throws IOException {
        boolean isRecorded = false;
        for (String name : names) {
            Optional<Job> there = occupy(run, name, end);
            if (there.filter(job -> !EndRecords.isOn(job)).isPresent()) {
                throw new IOException("its Job has just been made");
            }
            isRecorded |= there.isPresent();
        }
        if (!isRecorded && occupy(run, ownName(run), end).isEmpty()) {
            throw new IOException("others' Jobs have the names for the record of its end");
        }
    }

    /** Puts a run's end on record, in the place of its Job or, as long as somebody has that name, under one of its own. */
    void record(RunId run, Job job, Observed.Ended end) throws IOException {
        String place = job.getMetadata().getName();
        for (String name : List.of(place, ownName(run) + "-end")) {
            Optional<Job> there = occupy(run, job, name, EndRecords.ANNOTATION, EndRecords.write(end));
            if (there.filter(EndRecords::isFinal).isPresent()) {
                return;
            }
        }
        throw new IOException("the end of the run cannot be recorded: another Job is called " + place);
    }

    private Optional<Job> occupy(RunId run, String name, Observed.Ended end) throws IOException {
        return occupy(
                run,
                JobManifests.record(
                        site, run, "", Optional.empty(), name, EndRecords.ANNOTATION, EndRecords.write(end)));
    }

    private Optional<Job> occupy(RunId run, Job job, String name, String annotation, String text) throws IOException {
        return occupy(
                run,
                JobManifests.record(
                        site,
                        run,
                        Marks.taskId(job),
                        Marks.survivor(job).flatMap(Survivor::traceparent),
                        name,
                        annotation,
                        text));
    }

    /** @return what has that name now, if it is of this run and not being deleted */
    private Optional<Job> occupy(RunId run, Job standIn) throws IOException {
        try {
            return Optional.of(made(cluster.api().create(standIn)));
        } catch (ApiFailure e) {
            if (e.code() != CONFLICT) {
                throw e;
            }
        }
        return cluster.api()
                .job(standIn.getMetadata().getName())
                .filter(there -> there.getMetadata().getDeletionTimestamp() == null)
                .filter(there -> site.executor().equals(Marks.executor(there)))
                .filter(there -> Marks.run(there).filter(run::equals).isPresent())
                .map(this::made);
    }

    /** Of no run's Job. */
    private static String ownName(RunId run) {
        return "slipway-run-%s-%s-a%d"
                .formatted(
                        Names.hash(run.ledger()),
                        Names.hash(run.key().execution()),
                        run.key().attempt());
    }

    private Job made(Job job) {
        cluster.mirror().made(job);
        return job;
    }

    private void refuseIfTooLarge(Manifest manifest) throws StartFailure {
        long hidden = manifest.secrets().values().stream()
                .mapToLong(value -> value.reveal().getBytes(StandardCharsets.UTF_8).length)
                .sum();
        if (hidden > LARGEST_SECRET) {
            throw new StartFailure(
                    Cause.JOB_REFUSED,
                    "the task's variables and long arguments have %d bytes, and a Secret holds %d: pass large values in a file"
                            .formatted(hidden, LARGEST_SECRET));
        }
        long size = cluster.api().size(manifest.job());
        if (size > LARGEST) {
            throw new StartFailure(
                    Cause.JOB_REFUSED,
                    "the Job would have %d bytes, and a cluster takes about %d: with slipway.kubernetes.env_as_secret the variables are not in it"
                            .formatted(size, LARGEST));
        }
    }
}
