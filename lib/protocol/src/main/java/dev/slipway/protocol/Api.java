package dev.slipway.protocol;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The bodies of the public API, {@code /api/v1}. Times are ISO-8601 instants. */
public final class Api {
    private Api() {}

    /**
     * A command to run.
     *
     * @param executionId chosen by the caller, who can then send the same submission again after a failure: an id that was
     *     taken before answers with its task, and nothing runs twice; without one, one is made up
     * @param command the program and its arguments
     * @param image the container image to run it in; without one it runs on a host
     * @param env its variables; write-only
     * @param workdir an absolute directory on the host; without one a workspace of the task's own
     * @param timeoutSeconds from the command's start; absent: none
     * @param priority higher ones leave the queue first; 0 unless given
     * @param title for people
     */
    public record Submit(
            Optional<String> executionId,
            List<String> command,
            Optional<String> image,
            Map<String, SecretValue> env,
            Optional<String> workdir,
            Optional<Long> timeoutSeconds,
            Map<String, String> labels,
            Optional<Integer> priority,
            Optional<String> title) {
        public Submit {
            command = command == null ? List.of() : List.copyOf(command);
            env = env == null ? Map.of() : Map.copyOf(env);
            labels = labels == null ? Map.of() : Map.copyOf(labels);
        }
    }

    /**
     * An execution as the API shows it.
     *
     * @param source who asked for it: {@code control_plane} or {@code api}
     * @param waiting why it is queued or not moving, or what is being done to prepare it, in words; absent once it runs
     * @param stalled whether it runs and has printed nothing for longer than {@code slipway.stall_after}
     * @param stopCause why it is or was being stopped
     * @param reason why it failed
     * @param message cause and remedy of a failure
     */
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    public record Task(
            String executionId,
            String taskId,
            Optional<String> title,
            TaskState state,
            String source,
            int priority,
            int attempt,
            Optional<String> executor,
            Map<String, String> labels,
            Optional<String> waiting,
            boolean stalled,
            Optional<StopCause> stopCause,
            Optional<FailureReason> reason,
            OptionalInt exitCode,
            Optional<String> message,
            String createdAt,
            Optional<String> startedAt,
            Optional<String> endedAt,
            Optional<String> traceId) {}

    /** @param next give it as {@code cursor} for the following page; absent on the last one */
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    public record TaskPage(List<Task> tasks, Optional<String> next) {}

    /**
     * One transition, or what happened within a state: then it leads from the state to itself.
     *
     * @param seq its number in the ledger, growing over all executions
     * @param actor who or what caused it, for example {@code executor:host-1}
     */
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    public record Event(
            long seq,
            String executionId,
            Optional<TaskState> from,
            TaskState to,
            String cause,
            String actor,
            int attempt,
            String at) {}

    /**
     * @param slots 0 means no limit of its own
     * @param lastSeen empty if it was not heard of since the dispatcher started
     */
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    public record Executor(
            String id, BackendKind backend, int slots, int active, boolean present, boolean drained, String lastSeen) {}

    /**
     * How far a shutdown is.
     *
     * @param active tasks that have not ended yet
     * @param undelivered results that the control plane has not confirmed yet
     */
    public record Shutdown(int active, int undelivered) {}

    /**
     * A piece of output: the data of {@code event: output} in the SSE form of {@code …/logs}.
     *
     * @param offset of its first byte in the execution's output
     * @param bytes the output itself, as it was written (base64 in JSON)
     */
    public record LogChunk(long offset, Bytes bytes) {}

    /**
     * Output that is not kept: the data of {@code event: gap}.
     *
     * @param offset of its first byte in the execution's output
     * @param missing how many bytes are left out
     */
    public record LogGap(long offset, long missing) {}

    /** An RFC 9457 problem document: {@code application/problem+json}. */
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    public record Problem(String type, String title, int status, String detail) {}
}
