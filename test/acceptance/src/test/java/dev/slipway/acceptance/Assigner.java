package dev.slipway.acceptance;

import dev.slipway.testkit.Assignment;
import dev.slipway.testkit.FakeControlPlane;
import dev.slipway.testkit.Received;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * Does what a control plane does about its tasks: assigns each that is not the worker's, also after a rejection and on every
 * new connection, and sends a cancellation once.
 */
final class Assigner implements AutoCloseable {
    /** Longer than a worker may take to reject. */
    private static final Duration PATIENCE = Duration.ofSeconds(7);

    private static final Duration LOOK = Duration.ofMillis(100);

    private final FakeControlPlane controlPlane;
    private final BlockingQueue<Runnable> orders = new LinkedBlockingQueue<>();
    private final AtomicInteger sent = new AtomicInteger();
    private final Thread thread;
    private volatile boolean closed;

    // Only the thread touches what follows.
    private final Map<String, Assignment> assigned = new LinkedHashMap<>();
    private final Map<String, Sent> last = new HashMap<>();

    private record Sent(int connection, long nanos) {}

    Assigner(FakeControlPlane controlPlane) {
        this.controlPlane = controlPlane;
        this.thread = Thread.ofVirtual().name("assigner").start(this::work);
    }

    void assign(String task, Assignment assignment) {
        orders.add(() -> assigned.put(task, assignment));
    }

    /** Sends it although it may have been answered. */
    void assignAgain(String task, Assignment assignment) {
        orders.add(() -> send(task, assignment));
    }

    void cancel(String task) {
        orders.add(() -> controlPlane.cancel(task));
    }

    /** How many assignments were sent. */
    int sent() {
        return sent.get();
    }

    private void work() {
        try {
            while (!closed) {
                Runnable order = orders.poll(LOOK.toMillis(), TimeUnit.MILLISECONDS);
                if (order != null) {
                    order.run(); // sending waits for a connection
                }
                if (!assigned.isEmpty() && controlPlane.isConnected()) {
                    sendWhatIsNotTaken();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void sendWhatIsNotTaken() {
        List<Received> frames = controlPlane.received();
        ended(frames).forEach(assigned::remove);
        Set<String> taken = taken(frames);
        assigned.forEach((task, assignment) -> {
            Sent before = last.get(task);
            if (!taken.contains(task)
                    && (before == null
                            || before.connection() != controlPlane.connections()
                            || System.nanoTime() - before.nanos() > PATIENCE.toNanos())) {
                send(task, assignment);
            }
        });
    }

    private static Set<String> ended(List<Received> frames) {
        return frames.stream().filter(Received::isResult).map(Received::taskId).collect(Collectors.toSet());
    }

    /**
     * The tasks that are the worker's: those of which a result came, and those last claimed and not rejected since. An
     * assignment that came again may be rejected although an earlier one was claimed: then nobody has the task any more.
     */
    static Set<String> taken(List<Received> frames) {
        Set<String> taken = new HashSet<>();
        for (Received frame : frames) {
            if (frame.type().equals("task_claimed")) {
                taken.add(frame.taskId());
            } else if (frame.type().equals("task_rejected")) {
                taken.remove(frame.taskId());
            }
        }
        taken.addAll(ended(frames));
        return taken;
    }

    private void send(String task, Assignment assignment) {
        last.put(task, new Sent(controlPlane.connections(), System.nanoTime()));
        sent.incrementAndGet();
        controlPlane.assign(assignment);
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
