package dev.slipway.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Why a task failed: the closed list that control plane, metrics and API share. */
public enum FailureReason {
    UNKNOWN,
    TASK_TIMEOUT,
    TASK_CANCELLED,
    GRACEFUL_SHUTDOWN,
    IMAGE_PULL,
    SIDECAR_PREP,
    CONTAINER_CREATE,
    CONTAINER_START,
    CONTAINER_WAIT,
    CONTAINER_EXIT,
    CONTAINER_OOM,
    WORKSPACE_SETUP,
    SETUP_COMMAND,
    AGENT_INVOCATION,
    TEARDOWN_COMMAND,
    DISPATCH_COMMAND,
    DISPATCH_TIMEOUT,
    CANCEL_COMMAND,
    JOB_CREATE,
    JOB_WATCH,
    JOB_FAILED,
    EVICTED,
    POD_WATCH,
    UNSCHEDULABLE,
    VOLUME_MOUNT,
    INIT_CONTAINER,
    INVALID_IMAGE,
    ACTIVE_DEADLINE,
    CLEANUP;

    /** The name on the wire and in metrics, for example {@code image_pull}. */
    @JsonValue
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException if no reason has that name */
    @JsonCreator
    public static FailureReason ofWireName(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
