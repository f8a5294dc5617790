package dev.slipway.executor.k8s;

import dev.slipway.executor.core.Deadline;
import dev.slipway.executor.core.RunId;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/**
 * What the cluster last showed of this executor's Jobs and Pods. What has gone stays here until its run is forgotten: how it
 * ended is told by its last state.
 */
final class Mirror {
    /** A Job and its Pods. */
    record Seen(Job job, boolean isGone, List<Sighting.SeenPod> pods) {}

    private record SeenJob(RunId run, Job job, boolean isGone) {}

    private final String executor;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, SeenJob> jobs = new LinkedHashMap<>();
    private final Map<String, Map<String, Sighting.SeenPod>> podsByJob = new HashMap<>();

    /** The uids of Jobs that the cluster may still show, and nobody asks for any more. */
    private final Set<String> forgotten = new HashSet<>();

    private long version;

    /** @param executor the id that the Jobs carry */
    Mirror(String executor) {
        this.executor = executor;
    }

    Reflector.Sink<Job> ofJobs() {
        return new Reflector.Sink<>() {
            @Override
            public void listed(List<Job> all, String listVersion) {
                update(() -> {
                    Set<String> there = uids(all);
                    jobs.replaceAll((uid, seen) -> there.contains(uid) || isNewer(seen.job(), listVersion)
                            ? seen
                            : new SeenJob(seen.run(), seen.job(), true));
                    forgotten.retainAll(there);
                    all.forEach(job -> put(job, false));
                });
            }

            @Override
            public void changed(Job job, boolean isGone) {
                update(() -> put(job, isGone));
            }
        };
    }

    Reflector.Sink<Pod> ofPods() {
        return new Reflector.Sink<>() {
            @Override
            public void listed(List<Pod> all, String listVersion) {
                update(() -> {
                    Set<String> there = uids(all);
                    podsByJob
                            .values()
                            .forEach(pods -> pods.replaceAll(
                                    (uid, seen) -> there.contains(uid) || isNewer(seen.pod(), listVersion)
                                            ? seen
                                            : new Sighting.SeenPod(seen.pod(), true)));
                    podsByJob
                            .entrySet()
                            .removeIf(pods -> !jobs.containsKey(pods.getKey())
                                    && pods.getValue().values().stream().allMatch(Sighting.SeenPod::isGone));
                    all.forEach(pod -> put(pod, false));
                });
            }

            @Override
            public void changed(Pod pod, boolean isGone) {
                update(() -> put(pod, isGone));
            }
        };
    }

    /** A Job that this process has just made or found: the watch shows it later. */
    void made(Job job) {
        update(() -> put(job, false));
    }

    /** Changes with everything that is seen. */
    long version() {
        lock.lock();
        try {
            return version;
        } finally {
            lock.unlock();
        }
    }

    /** Returns when something changed since {@code seen}, or at the deadline. */
    void await(long seen, Deadline deadline, Duration atMost) throws InterruptedIOException {
        Deadline end = Deadline.in(atMost.compareTo(deadline.left()) < 0 ? atMost : deadline.left());
        lock.lock();
        try {
            while (version == seen && !end.isOver()) {
                changed.await(end.left().toNanos(), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while watching the cluster");
        } finally {
            lock.unlock();
        }
    }

    /** Everything of a run: its Job, or what stands in its place, or both. */
    List<Seen> of(RunId run) {
        lock.lock();
        try {
            return jobs.values().stream()
                    .filter(seen -> run.equals(seen.run()))
                    .map(seen -> new Seen(seen.job(), seen.isGone(), podsOf(seen.job())))
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    /** The Jobs that are there. */
    List<Job> present() {
        lock.lock();
        try {
            return jobs.values().stream()
                    .filter(seen -> !seen.isGone())
                    .map(SeenJob::job)
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    /** From now on nobody asks for it. */
    void forget(RunId run) {
        update(() -> {
            List<SeenJob> all = jobs.values().stream()
                    .filter(seen -> run.equals(seen.run()))
                    .toList();
            all.forEach(seen -> {
                jobs.remove(uid(seen.job()));
                podsByJob.remove(uid(seen.job()));
                if (!seen.isGone()) {
                    forgotten.add(uid(seen.job()));
                }
            });
        });
    }

    private List<Sighting.SeenPod> podsOf(Job job) {
        return new ArrayList<>(podsByJob.getOrDefault(uid(job), Map.of()).values());
    }

    private void put(Job job, boolean isGone) {
        Optional<RunId> run = Marks.run(job);
        if (run.isEmpty() || !executor.equals(Marks.executor(job))) {
            return;
        }
        if (forgotten.contains(uid(job))) {
            if (isGone) {
                forgotten.remove(uid(job));
            }
            return;
        }
        SeenJob known = jobs.get(uid(job));
        if (known == null
                ? !isGone
                : isGone || !isNewer(known.job(), job.getMetadata().getResourceVersion())) {
            jobs.put(uid(job), new SeenJob(run.get(), job, isGone));
        }
    }

    /** Versions count up, and a list has one too: what was made after it is not missing from it. */
    private static boolean isNewer(HasMetadata object, String version) {
        try {
            return Long.parseLong(object.getMetadata().getResourceVersion()) > Long.parseLong(version);
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private void put(Pod pod, boolean isGone) {
        Optional<String> job = pod.getMetadata().getOwnerReferences().stream()
                .filter(owner -> "Job".equals(owner.getKind()))
                .map(OwnerReference::getUid)
                .findFirst();
        if (job.isPresent()) {
            podsByJob
                    .computeIfAbsent(job.get(), _ -> new LinkedHashMap<>())
                    .merge(
                            uid(pod),
                            new Sighting.SeenPod(pod, isGone),
                            (known, now) -> known.isGone()
                                            || isNewer(
                                                    known.pod(),
                                                    pod.getMetadata().getResourceVersion())
                                    ? known
                                    : known.then(pod, isGone));
        }
    }

    private void update(Runnable change) {
        lock.lock();
        try {
            change.run();
            version++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static Set<String> uids(List<? extends HasMetadata> objects) {
        return objects.stream().map(Mirror::uid).collect(Collectors.toSet());
    }

    private static String uid(HasMetadata object) {
        return object.getMetadata().getUid();
    }
}
