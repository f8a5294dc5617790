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
 * @param stopsOnShutdown whether running tasks are ended when Slipway is shut down, instead of being left alone
 */
public record SlipwaySettings(
        int queueLimit,
        Map<Backend, Integer> limits,
        TimeLimits times,
        Retry retry,
        boolean stopsOnShutdown,
        boolean exposeApiKey,
        Optional<Duration> setupTimeout,
        DockerRules docker) {
    public static final int DEFAULT_QUEUE_LIMIT = 100;
    public static final Duration DEFAULT_SETUP_TIMEOUT = Duration.ofHours(1);

    public SlipwaySettings {
        limits = Map.copyOf(limits);
    }

    public static SlipwaySettings defaults() {
        return new SlipwaySettings(
                DEFAULT_QUEUE_LIMIT,
                Map.of(),
                TimeLimits.defaults(),
                Retry.defaults(),
                false,
                false,
                Optional.of(DEFAULT_SETUP_TIMEOUT),
                DockerRules.defaults());
    }

    public SlipwaySettings withDocker(DockerRules other) {
        return new SlipwaySettings(
                queueLimit, limits, times, retry, stopsOnShutdown, exposeApiKey, setupTimeout, other);
    }

    /**
     * How long things may take; absent: for ever.
     *
     * @param task a task that brings no timeout of its own may run
     * @param queued a task may wait for its turn
     * @param silent a running task may print nothing until it is shown as stalled
     * @param lost an executor may be away until its tasks are given up
     */
    public record TimeLimits(
            Optional<Duration> task, Optional<Duration> queued, Optional<Duration> silent, Optional<Duration> lost) {
        public static final Duration DEFAULT_SILENT = Duration.ofMinutes(30);

        public static TimeLimits defaults() {
            return new TimeLimits(Optional.empty(), Optional.empty(), Optional.of(DEFAULT_SILENT), Optional.empty());
        }
    }

    /**
     * Starts that failed for a passing reason are tried again.
     *
     * @param attempts how many there are at most; 1: none is tried again
     * @param delay before the second attempt; it doubles with each further one
     */
    public record Retry(int attempts, Duration delay, Duration longestDelay) {
        public static Retry defaults() {
            return new Retry(3, Duration.ofSeconds(5), Duration.ofSeconds(60));
        }
    }
}
