package dev.slipway.cli;

import dev.slipway.cli.api.ApiClient;
import dev.slipway.cli.api.ApiFailure;
import dev.slipway.protocol.Api;
import dev.slipway.protocol.Preparing;
import dev.slipway.protocol.TaskState;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Tells a person at a terminal what a task is doing until its command runs. */
final class Progress implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(500);

    /** How often a line is repeated in which only numbers are new. */
    private static final Duration NUMBERS_INTERVAL = Duration.ofSeconds(3);

    private final ApiClient api;
    private final String id;
    private final Consumer<String> say;
    private final CountDownLatch closed = new CountDownLatch(1);
    private String said = "";
    private String saidPhase = "";
    private Deadline quiet = Deadline.in(Duration.ZERO);

    Progress(ApiClient api, Api.Task task, Consumer<String> say) {
        this.api = api;
        this.id = task.executionId();
        this.say = say;
        Thread.ofVirtual().start(this::watch);
    }

    @Override
    public void close() {
        closed.countDown();
    }

    private void watch() {
        try {
            do {
                var task = api.task(id);
                tell(task);
                if (task.state() == TaskState.RUNNING || task.state().isTerminal()) {
                    return;
                }
            } while (!closed.await(INTERVAL.toNanos(), TimeUnit.NANOSECONDS));
        } catch (ApiFailure e) {
            // whoever follows the output notices too, and decides
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell(Api.Task task) {
        var line = line(task, task.waiting());
        var phase = line(task, task.waiting().map(Preparing::phase));
        if (!line.equals(said) && (!phase.equals(saidPhase) || quiet.passed())) {
            said = line;
            saidPhase = phase;
            quiet = Deadline.in(NUMBERS_INTERVAL);
            say.accept(line);
        }
    }

    private static String line(Api.Task task, Optional<String> waiting) {
        return task.state().wireName()
                + task.executor()
                        .map(executor -> " on " + TaskText.visible(executor))
                        .orElse("")
                + waiting.map(reason -> ": " + TaskText.visible(reason)).orElse("");
    }
}
