package dev.slipway.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A frame that a client sent.
 *
 * @param connection which connection it came on, counted from 1
 * @param type for example {@code task_claimed}; empty if it was no JSON of the protocol
 */
public record Received(int connection, String type, JsonNode data) {
    public String taskId() {
        return data.path("task_id").asText();
    }

    public Optional<String> text(String field) {
        return Optional.ofNullable(data.get(field)).map(JsonNode::asText);
    }

    public Optional<String> failureReason() {
        return text("failure_reason");
    }

    public OptionalInt exitCode() {
        return data.has("exit_code") ? OptionalInt.of(data.get("exit_code").asInt()) : OptionalInt.empty();
    }

    /** Whether it tells how a task ended. */
    public boolean isResult() {
        return type.equals("task_completed") || type.equals("task_failed");
    }

    public boolean isCancelled() {
        return type.equals("task_completed")
                && text("task_state").filter("CANCELLED"::equals).isPresent();
    }

    public boolean is(String wantedType, String wantedTask) {
        return type.equals(wantedType) && taskId().equals(wantedTask);
    }
}
