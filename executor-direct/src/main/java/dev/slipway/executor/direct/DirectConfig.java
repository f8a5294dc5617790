package dev.slipway.executor.direct;

import dev.slipway.protocol.SecretValue;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * How tasks run on this host.
 *
 * @param workspaceRoot holds one directory per task
 * @param targetDir one existing directory that all agents share instead of workspaces of their own
 * @param evidenceRoot holds the evidence of all runs
 * @param ozPath the agent's binary; without it {@code oz} on the executor's PATH
 * @param setupCommand runs before every task
 * @param teardownCommand runs after every task
 * @param exposeApiKey whether these two see the executor's own WARP_API_KEY
 * @param environment laid over every task's own variables
 * @param cleanup whether a workspace is removed when its task has ended
 * @param host the executor's own environment
 */
record DirectConfig(
        Path workspaceRoot,
        Optional<Path> targetDir,
        Path evidenceRoot,
        Optional<String> ozPath,
        Optional<String> setupCommand,
        Optional<String> teardownCommand,
        boolean exposeApiKey,
        Map<String, SecretValue> environment,
        boolean cleanup,
        Map<String, SecretValue> host) {
    /** Where the executor's own programs are. */
    Optional<String> searchPath() {
        return Optional.ofNullable(host.get("PATH")).map(SecretValue::reveal);
    }
}
