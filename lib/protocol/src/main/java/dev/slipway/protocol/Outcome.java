package dev.slipway.protocol;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.OptionalInt;

/** How an execution ended: decided once, by the dispatcher. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "result")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Outcome.Succeeded.class, name = "succeeded"),
    @JsonSubTypes.Type(value = Outcome.Failed.class, name = "failed"),
    @JsonSubTypes.Type(value = Outcome.Cancelled.class, name = "cancelled")
})
public sealed interface Outcome {
    record Succeeded() implements Outcome {}

    /**
     * @param message cause and remedy, for people
     * @param exitCode the agent's, signals as 128+n; empty when it never started or its end was not seen
     */
    record Failed(FailureReason reason, String message, OptionalInt exitCode) implements Outcome {
        public Failed {
            requireNonNull(reason, "reason");
            requireNonNull(message, "message");
            requireNonNull(exitCode, "exitCode");
        }
    }

    record Cancelled() implements Outcome {}
}
