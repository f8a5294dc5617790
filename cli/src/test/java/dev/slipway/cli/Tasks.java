package dev.slipway.cli;

import dev.slipway.protocol.Api;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.TaskState;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Executions as the API shows them, for tests. */
public final class Tasks {
    private Tasks() {}

    public static Api.Task in(TaskState state) {
        return task("x-1", state, null, null, false, null, OptionalInt.empty(), null);
    }

    static Api.Task stalled() {
        return task("x-1", TaskState.RUNNING, null, null, true, null, OptionalInt.empty(), null);
    }

    static Api.Task launching(String preparing) {
        return task("x-1", TaskState.LAUNCHING, null, "host-1", preparing, false, null, OptionalInt.empty(), null);
    }

    static Api.Task failed(FailureReason reason, OptionalInt exitCode, String message) {
        return task("x-1", TaskState.FAILED, null, null, false, reason, exitCode, message);
    }

    static Api.Task queued(String id, String title, String waiting) {
        return task(id, TaskState.QUEUED, title, waiting, false, null, OptionalInt.empty(), null);
    }

    private static Api.Task task(
            String id,
            TaskState state,
            @Nullable String title,
            @Nullable String waiting,
            boolean stalled,
            @Nullable FailureReason reason,
            OptionalInt exitCode,
            @Nullable String message) {
        return task(id, state, title, null, waiting, stalled, reason, exitCode, message);
    }

    private static Api.Task task(
            String id,
            TaskState state,
            @Nullable String title,
            @Nullable String executor,
            @Nullable String waiting,
            boolean stalled,
            @Nullable FailureReason reason,
            OptionalInt exitCode,
            @Nullable String message) {
        return new Api.Task(
                id,
                "t-1",
                Optional.ofNullable(title),
                state,
                "api",
                0,
                1,
                Optional.ofNullable(executor),
                Map.of(),
                Optional.ofNullable(waiting),
                stalled,
                Optional.empty(),
                Optional.ofNullable(reason),
                exitCode,
                Optional.ofNullable(message),
                "2026-01-01T00:00:00Z",
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }
}
