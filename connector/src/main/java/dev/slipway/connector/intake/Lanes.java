package dev.slipway.connector.intake;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * Carries out jobs, those of one task in order and those of different tasks side by side. When too much is waiting, whoever
 * brings more is asked to pause.
 */
final class Lanes {
    private static final Logger LOG = Logger.getLogger(Lanes.class);

    private record Job(Runnable work, int weight) {}

    private final int maxJobs;
    private final long maxWeight;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    private final Map<String, Queue<Job>> lanes = new HashMap<>();
    private final Queue<Runnable> paused = new ArrayDeque<>();
    private int jobs;
    private long weight;

    /** @param maxWeight of all jobs together, in whatever unit the caller weighs them */
    Lanes(int maxJobs, long maxWeight) {
        this.maxJobs = maxJobs;
        this.maxWeight = maxWeight;
    }

    /** Whether a job of the task that is added now can begin at once. */
    boolean isFree(String task) {
        lock.lock();
        try {
            return !lanes.containsKey(task);
        } finally {
            lock.unlock();
        }
    }

    /** @param more run once there is room for another job, perhaps at once */
    void add(String task, Runnable work, int weightOfJob, Runnable more) {
        boolean roomLeft;
        lock.lock();
        try {
            jobs++;
            weight += weightOfJob;
            Queue<Job> lane = lanes.get(task);
            if (lane == null) {
                lane = new ArrayDeque<>();
                lanes.put(task, lane);
                start(() -> drain(task));
            }
            lane.add(new Job(work, weightOfJob));
            roomLeft = hasRoom();
            if (!roomLeft) {
                paused.add(more);
            }
        } finally {
            lock.unlock();
        }
        if (roomLeft) {
            more.run();
        }
    }

    /** Waits until nothing is left to do, no longer than {@code atMost}. */
    void awaitIdle(Duration atMost) throws InterruptedException {
        lock.lock();
        try {
            long left = atMost.toNanos();
            while (jobs > 0 && left > 0) {
                left = idle.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean hasRoom() {
        return jobs < maxJobs && weight < maxWeight;
    }

    private static void start(Runnable work) {
        Thread thread = Thread.ofVirtual().name("intake").unstarted(work);
        // Jobs are brought by threads of the JDK's HTTP client, which know nothing of the application's classes.
        thread.setContextClassLoader(Lanes.class.getClassLoader());
        thread.start();
    }

    private void drain(String task) {
        Optional<Job> job = head(task);
        while (job.isPresent()) {
            try {
                job.get().work.run();
            } catch (RuntimeException | Error unexpected) {
                // Also an error, such as too little memory for one large message, must not end the lane.
                LOG.error("A message of the control plane could not be handled", unexpected);
            }
            done(task, job.get()).forEach(Runnable::run);
            job = head(task);
        }
    }

    /** The job to do now; a lane without one is closed. */
    private Optional<Job> head(String task) {
        lock.lock();
        try {
            Queue<Job> lane = lanes.getOrDefault(task, new ArrayDeque<>());
            if (lane.isEmpty()) {
                lanes.remove(task);
            }
            return Optional.ofNullable(lane.peek());
        } finally {
            lock.unlock();
        }
    }

    /** Returns who may now bring more. */
    private List<Runnable> done(String task, Job job) {
        lock.lock();
        try {
            lanes.getOrDefault(task, new ArrayDeque<>()).poll();
            jobs--;
            weight -= job.weight;
            if (jobs == 0) {
                idle.signalAll();
            }
            List<Runnable> resumed = new ArrayList<>();
            while (hasRoom() && !paused.isEmpty()) {
                resumed.add(paused.remove());
            }
            return resumed;
        } finally {
            lock.unlock();
        }
    }
}
