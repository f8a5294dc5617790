package dev.slipway.connector.wire;

import dev.slipway.protocol.Container;
import dev.slipway.protocol.SecretValue;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An assignment as the control plane sends it, as far as it is used here. Strings are as sent, neither trimmed nor checked.
 *
 * @param taskId names the task on the wire
 * @param executionId absent if the control plane named none
 * @param extraArgs handed to the agent as they are
 */
public record Assignment(
        String taskId,
        Optional<String> executionId,
        Task task,
        Optional<String> image,
        Map<String, SecretValue> env,
        List<String> extraArgs,
        Container container) {
    /** @param id names the task to the agent */
    public record Task(String id, Optional<String> title, boolean ownedByTeam, Optional<Snapshot> snapshot) {}

    /**
     * The agent's configuration.
     *
     * @param mcpServers a JSON object; absent when there are none
     * @param idleMinutes 0 when not set, as with the other numbers
     * @param publicAccess of the shared session
     */
    public record Snapshot(
            Optional<String> environmentId,
            Optional<String> modelId,
            Optional<String> profileId,
            Optional<String> skillSpec,
            Optional<String> mcpServers,
            Optional<Boolean> computerUse,
            long idleMinutes,
            Optional<String> harness,
            Optional<AwsInference> aws,
            Optional<String> publicAccess,
            boolean snapshotDisabled,
            long snapshotUploadSeconds,
            long snapshotScriptSeconds) {}

    public record AwsInference(boolean disabled, Optional<String> roleArn, Optional<String> region) {}
}
