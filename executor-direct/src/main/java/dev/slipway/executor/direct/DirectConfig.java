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
 * @param environment laid over every task's own variables
 * @param cleanup whether a workspace is removed when its task has ended
 * @param host those of the executor's own variables that tasks see
 */
record DirectConfig(
        Path workspaceRoot,
        Optional<Path> targetDir,
        Path evidenceRoot,
        Optional<String> ozPath,
        Map<String, SecretValue> environment,
        boolean cleanup,
        Map<String, String> host) {}
