package dev.slipway.protocol;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** How one attempt ended, as its engine shows it; what that means for the execution is the dispatcher's to decide. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "ending")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Ending.Exited.class, name = "exited"),
    @JsonSubTypes.Type(value = Ending.NotStarted.class, name = "not_started"),
    @JsonSubTypes.Type(value = Ending.Lost.class, name = "lost")
})
public sealed interface Ending {
    /**
     * The agent ran and ended.
     *
     * @param code its exit code, signals as 128+n
     * @param reason the backend's word for an exit other than 0
     * @param stopped whether a stop had begun before it ended: then even a code of 0 is not a success
     */
    record Exited(
            @JsonProperty(required = true) int code,
            FailureReason reason,
            String message,
            @JsonProperty(required = true) boolean stopped)
            implements Ending {
        public Exited {
            requireNonNull(reason, "reason");
            requireNonNull(message, "message");
        }
    }

    /**
     * The agent never ran in this attempt and never will.
     *
     * @param reason what prevented it, or {@link FailureReason#TASK_CANCELLED} when the right to start was revoked
     * @param isTransient whether a later attempt may succeed although nobody mends anything
     */
    record NotStarted(FailureReason reason, String message, boolean isTransient) implements Ending {
        public NotStarted {
            requireNonNull(reason, "reason");
            requireNonNull(message, "message");
        }
    }

    /** The evidence is gone: whether and how the agent ended cannot be known. */
    record Lost(FailureReason reason, String message) implements Ending {
        public Lost {
            requireNonNull(reason, "reason");
            requireNonNull(message, "message");
        }
    }
}
