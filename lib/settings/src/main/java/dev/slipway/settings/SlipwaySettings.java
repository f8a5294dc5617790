package dev.slipway.settings;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Slipway's own keys, under {@code slipway:}.
 *
 * @param queueLimit how many tasks of the control plane may wait for a slot; past it, and with 0 at once, they are
 *     rejected
 * @param limits how many tasks may run at once on a backend, besides {@code max_concurrent_tasks}; a backend that is
 *     not named has no limit of its own
 * @param exposeApiKey whether the direct backend's setup and teardown commands see the worker's own WARP_API_KEY
 * @param setupTimeout how long the direct backend's setup command may take; absent: for ever
 */
public record SlipwaySettings(
        int queueLimit, Map<Backend, Integer> limits, boolean exposeApiKey, Optional<Duration> setupTimeout) {
    public static final int DEFAULT_QUEUE_LIMIT = 100;
    public static final Duration DEFAULT_SETUP_TIMEOUT = Duration.ofHours(1);

    public SlipwaySettings {
        limits = Map.copyOf(limits);
    }

    public static SlipwaySettings defaults() {
        return new SlipwaySettings(DEFAULT_QUEUE_LIMIT, Map.of(), false, Optional.of(DEFAULT_SETUP_TIMEOUT));
    }
}
