package dev.slipway.settings;

import java.util.Map;

/**
 * Slipway's own keys, under {@code slipway:}.
 *
 * @param queueLimit how many tasks of the control plane may wait for a slot; past it, and with 0 at once, they are
 *     rejected
 * @param limits how many tasks may run at once on a backend, besides {@code max_concurrent_tasks}; a backend that is
 *     not named has no limit of its own
 */
public record SlipwaySettings(int queueLimit, Map<Backend, Integer> limits) {
    public static final int DEFAULT_QUEUE_LIMIT = 100;

    public SlipwaySettings {
        limits = Map.copyOf(limits);
    }

    public static SlipwaySettings defaults() {
        return new SlipwaySettings(DEFAULT_QUEUE_LIMIT, Map.of());
    }
}
