package dev.slipway.settings;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What holds for every container, under {@code slipway.docker}.
 *
 * @param pullStall how long a pull may make no progress; absent: for ever
 * @param keepSidecars how long a sidecar's files are kept after the day of their last use, in days begun; absent: for ever
 * @param network as {@code docker run --network} takes it; absent: the engine's default
 * @param allowedImages patterns with {@code *} for the images that tasks and sidecars may use; absent: all
 * @param allowedMounts directories and named volumes that {@code volumes} may mount, with what is below them; absent: all
 */
public record DockerRules(
        PullPolicy pullPolicy,
        Optional<Duration> pullStall,
        Optional<Duration> keepSidecars,
        Confinement confinement,
        Optional<String> network,
        Optional<List<String>> allowedImages,
        Optional<List<String>> allowedMounts) {
    public static final Duration DEFAULT_PULL_STALL = Duration.ofMinutes(5);
    public static final Duration DEFAULT_KEEP_SIDECARS = Duration.ofDays(14);

    public DockerRules {
        allowedImages = allowedImages.map(List::copyOf);
        allowedMounts = allowedMounts.map(List::copyOf);
    }

    public static DockerRules defaults() {
        return new DockerRules(
                PullPolicy.ALWAYS,
                Optional.of(DEFAULT_PULL_STALL),
                Optional.of(DEFAULT_KEEP_SIDECARS),
                Confinement.defaults(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    public DockerRules withPullPolicy(PullPolicy other) {
        return new DockerRules(other, pullStall, keepSidecars, confinement, network, allowedImages, allowedMounts);
    }

    /** When an image is pulled before a task. */
    public enum PullPolicy {
        ALWAYS,
        MISSING,
        NEVER;

        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Optional<PullPolicy> ofWireName(String name) {
            return Arrays.stream(values())
                    .filter(policy -> policy.wireName().equals(name))
                    .findFirst();
        }
    }

    /**
     * What keeps a task in its container.
     *
     * @param init whether the engine's init process is the container's first: it passes signals on and collects what has ended
     * @param noNewPrivileges whether no program of the task can gain rights, so that sudo and setuid programs do not work
     * @param dropCapabilities of those that the engine gives by default
     * @param pidsLimit how many processes and threads there may be; 0: as many as the engine allows
     * @param logMegabytes how much undelivered output the engine keeps of a task
     */
    public record Confinement(
            boolean init, boolean noNewPrivileges, List<String> dropCapabilities, int pidsLimit, int logMegabytes) {
        /** Those that no plain agent image uses: forged packets, devices, other roots, other processes' capabilities. */
        public static final List<String> DEFAULT_DROPS =
                List.of("AUDIT_WRITE", "MKNOD", "NET_RAW", "SETPCAP", "SYS_CHROOT");

        public static final int DEFAULT_PIDS_LIMIT = 4096;
        public static final int DEFAULT_LOG_MEGABYTES = 100;

        public Confinement {
            dropCapabilities = List.copyOf(dropCapabilities);
        }

        public static Confinement defaults() {
            return new Confinement(true, true, DEFAULT_DROPS, DEFAULT_PIDS_LIMIT, DEFAULT_LOG_MEGABYTES);
        }
    }
}
