package dev.slipway.acceptance;

import dev.slipway.testkit.Assignment;
import dev.slipway.testkit.FakeControlPlane;
import dev.slipway.testkit.Received;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * Does what a control plane does about its tasks: assigns each until it is claimed, also after a rejection and on every new
 * connection, and sends a cancellation once.
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
    private final Map<String, Assignment> unanswered = new LinkedHashMap<>();
    private final Map<String, Sent> last = new HashMap<>();

    private record Sent(int connection, long nanos) {}

    Assigner(FakeControlPlane controlPlane) {
        this.controlPlane = controlPlane;
        this.thread = Thread.ofVirtual().name("assigner").start(this::work);
    }

    void assign(String task, Assignment assignment) {
        orders.add(() -> unanswered.put(task, assignment));
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
                if (!unanswered.isEmpty() && controlPlane.isConnected()) {
                    sendWhatIsUnanswered();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void sendWhatIsUnanswered() {
        Set<String> answered = controlPlane.received().stream()
                .filter(frame -> frame.isResult() || frame.type().equals("task_claimed"))
                .map(Received::taskId)
                .collect(Collectors.toSet());
        unanswered.keySet().removeAll(answered);
        unanswered.forEach((task, assignment) -> {
            Sent before = last.get(task);
            if (before == null
                    || before.connection() != controlPlane.connections()
                    || System.nanoTime() - before.nanos() > PATIENCE.toNanos()) {
                send(task, assignment);
            }
        });
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
