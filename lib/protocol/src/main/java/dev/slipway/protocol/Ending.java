package dev.slipway.protocol;

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
    record Exited(int code, FailureReason reason, String message, boolean stopped) implements Ending {}

    /**
     * The agent never ran in this attempt and never will.
     *
     * @param reason what prevented it, or {@link FailureReason#TASK_CANCELLED} when the right to start was revoked
     */
    record NotStarted(FailureReason reason, String message) implements Ending {}

    /** The evidence is gone: whether and how the agent ended cannot be known. */
    record Lost(FailureReason reason, String message) implements Ending {}
}
