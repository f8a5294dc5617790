package dev.slipway.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What is to be done about each task, one thing after the other. */
final class Lanes {
    /** The first of each lane is being done. */
    private final Map<String, Deque<Runnable>> lanes = new HashMap<>();

    void add(String task, Runnable job) {
        Deque<Runnable> lane = lanes.computeIfAbsent(task, _ -> new ArrayDeque<>());
        lane.add(job);
        if (lane.size() == 1) {
            job.run();
        }
    }

    /** What was being done about the task is done. */
    void done(String task) {
        Deque<Runnable> lane = Optional.ofNullable(lanes.get(task)).orElseThrow();
        lane.removeFirst();
        if (lane.isEmpty()) {
            lanes.remove(task);
        } else {
            lane.getFirst().run();
        }
    }

    boolean isEmpty() {
        return lanes.isEmpty();
    }
}
