package dev.slipway.connector.wire;

import java.util.Optional;

/**
 * What the worker's own configuration says to every agent.
 *
 * @param serverRootUrl may be empty
 * @param idleOnComplete passed on as it is
 */
public record AgentDefaults(
        String serverRootUrl, Optional<String> idleOnComplete, Optional<String> sessionSharingServerUrl) {}
