package dev.slipway.executor.direct;

import dev.slipway.protocol.SecretValue;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * How tasks run on this host.
 *
 * @param workspaceRoot holds one directory per task
 * @param targetDir one existing directory that all agents share instead of workspaces of their own
 * @param evidenceRoot holds the evidence of all runs
 * @param ozPath the agent's binary; without it {@code oz} on the executor's PATH
 * @param commands what runs around every task
 * @param environment laid over every task's own variables
 * @param cleanup whether a workspace is removed when its task has ended
 * @param host the executor's own environment
 */
record DirectConfig(
        Path workspaceRoot,
        Optional<Path> targetDir,
        Path evidenceRoot,
        Optional<String> ozPath,
        Commands commands,
        Map<String, SecretValue> environment,
        boolean cleanup,
        Map<String, SecretValue> host) {
    /**
     * The operator's commands, for a shell.
     *
     * @param setup runs before every task
     * @param setupLimit how long that may take; absent: for ever
     * @param teardown runs after every task
     * @param exposeApiKey whether both see the executor's own WARP_API_KEY
     */
    record Commands(
            Optional<String> setup, Optional<Duration> setupLimit, Optional<String> teardown, boolean exposeApiKey) {}

    /** Where the executor's own programs are. */
    Optional<String> searchPath() {
        return Optional.ofNullable(host.get("PATH")).map(SecretValue::reveal);
    }
}
