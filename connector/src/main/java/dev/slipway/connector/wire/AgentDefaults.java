package dev.slipway.connector.wire;

import java.util.Optional;

/**
 * What the worker's own configuration says to every agent. An empty text counts as not given.
 *
 * @param idleOnComplete passed on as it is
 */
public record AgentDefaults(
        String serverRootUrl, Optional<String> idleOnComplete, Optional<String> sessionSharingServerUrl) {
    public AgentDefaults {
        idleOnComplete = idleOnComplete.filter(duration -> !duration.isEmpty());
        sessionSharingServerUrl = sessionSharingServerUrl.filter(url -> !url.isEmpty());
    }
}
