package dev.slipway.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** The states of an execution as everyone outside the dispatcher sees them. */
public enum TaskState {
    QUEUED,
    LAUNCHING,
    RUNNING,
    STOPPING,
    SUCCEEDED,
    FAILED,
    CANCELLED;

    public boolean isTerminal() {
        return this == SUCCEEDED || this == FAILED || this == CANCELLED;
    }

    /** Whether the execution holds a slot. */
    public boolean isActive() {
        return this == LAUNCHING || this == RUNNING || this == STOPPING;
    }

    @JsonValue
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException if no state has that name */
    @JsonCreator
    public static TaskState ofWireName(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
