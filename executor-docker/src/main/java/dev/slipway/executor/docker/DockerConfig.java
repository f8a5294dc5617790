package dev.slipway.executor.docker;

import dev.slipway.protocol.SecretValue;
import dev.slipway.settings.DockerRules;
import java.util.List;
import java.util.Map;

/**
 * How tasks run at this engine.
 *
 * @param volumes mounted into every task, as {@code docker run -v} takes them
 * @param environment laid over every task's own variables
 * @param cleanup whether a container is removed once its end is acknowledged
 * @param host the executor's own environment
 */
record DockerConfig(
        List<String> volumes,
        Map<String, SecretValue> environment,
        boolean cleanup,
        DockerRules rules,
        Map<String, String> host) {
    /** Of a task that names none. */
    static final String DEFAULT_IMAGE = "ubuntu:22.04";

    @Override
    public String toString() {
        return "DockerConfig[volumes=%s, cleanup=%s, rules=%s]".formatted(volumes, cleanup, rules);
    }
}
