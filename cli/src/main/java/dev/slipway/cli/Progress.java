package dev.slipway.cli;

import dev.slipway.cli.api.ApiClient;
import dev.slipway.cli.api.ApiFailure;
import dev.slipway.protocol.Api;
import dev.slipway.protocol.TaskState;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Tells a person at a terminal what a task is doing until its command runs. */
final class Progress implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(500);

    private final ApiClient api;
    private final String id;
    private final Consumer<String> say;
    private final CountDownLatch closed = new CountDownLatch(1);
    private String said = "";

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
        var line = task.state().wireName()
                + task.waiting().map(reason -> ": " + TaskText.visible(reason)).orElse("")
                + task.executor()
                        .map(executor -> " on " + TaskText.visible(executor))
                        .orElse("");
        if (!line.equals(said)) {
            said = line;
            say.accept(line);
        }
    }
}
