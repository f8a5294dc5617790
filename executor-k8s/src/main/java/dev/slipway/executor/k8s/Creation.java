package dev.slipway.executor.k8s;

import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.TaskSpec;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes what stands for a run in the cluster, once: what carries its ids already is taken as it is. */
final class Creation {
    /** A cluster's store takes 1.5 MiB, and the Job holds its variables once for every container. In bytes. */
    private static final long LARGEST = 1 << 20;

    private static final int CONFLICT = 409;

    private final Site site;
    private final Cluster cluster;

    Creation(Site site, Cluster cluster) {
        this.site = site;
        this.cluster = cluster;
    }

    /** @param names that its Job may have, in the order in which they are tried */
    void create(RunId run, TaskSpec spec, List<String> names) throws StartFailure, IOException {
        for (String name : names) {
            Manifest manifest = JobManifests.of(site, run, spec, name);
            refuseIfTooLarge(manifest);
            Optional<Job> job = createOrFind(run, manifest.job());
            if (job.isPresent()) {
                if (!manifest.secrets().isEmpty() && !EndRecords.isOn(job.get())) {
                    createUnlessThere(manifest, job.get());
                }
                return;
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
            throw new StartFailure(words.contains("exceeded quota") ? Cause.POD_REFUSED : Cause.JOB_REFUSED, words);
        }
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

    private void createUnlessThere(Manifest manifest, Job job) throws IOException {
        try {
            cluster.api().create(manifest.secretOf(job));
        } catch (ApiFailure e) {
            if (e.code() != CONFLICT) {
                throw e;
            }
        }
    }

    /**
     * Puts a run's end on record, under one of {@code names} or, if others have those, one that nobody else can have.
     *
     * @return what is there now
     */
    Job record(RunId run, String taskId, Optional<String> traceparent, List<String> names, Observed.Ended end)
            throws IOException {
        List<String> tried = new ArrayList<>(names);
        tried.add("slipway-run-%s-%s-a%d"
                .formatted(
                        Names.hash(run.ledger()),
                        Names.hash(run.key().execution()),
                        run.key().attempt()));
        for (String name : tried) {
            Job record = JobManifests.record(
                    site, run, taskId, traceparent, name, EndRecords.ANNOTATION, EndRecords.write(end));
            try {
                return made(cluster.api().create(record));
            } catch (ApiFailure e) {
                if (e.code() != CONFLICT) {
                    throw e;
                }
            }
            Optional<Job> there = cluster.api().job(name);
            if (there.filter(job -> job.getMetadata().getDeletionTimestamp() == null)
                    .filter(job -> site.executor().equals(Marks.executor(job)))
                    .flatMap(Marks::run)
                    .filter(run::equals)
                    .isPresent()) {
                return made(there.orElseThrow());
            }
        }
        throw new IOException(
                "the end of the run cannot be recorded: other Jobs are called " + String.join(", ", tried));
    }

    private Job made(Job job) {
        cluster.mirror().made(job);
        return job;
    }

    private void refuseIfTooLarge(Manifest manifest) throws StartFailure {
        long size = cluster.api().size(manifest.job());
        if (size > LARGEST) {
            throw new StartFailure(
                    Cause.JOB_REFUSED,
                    "the Job would have %d bytes, and a cluster takes about %d: with slipway.kubernetes.env_as_secret the variables are not in it"
                            .formatted(size, LARGEST));
        }
    }
}
