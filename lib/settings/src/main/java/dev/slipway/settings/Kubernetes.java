package dev.slipway.settings;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The kubernetes backend: tasks are Jobs.
 *
 * @param namespace where the Jobs are
 * @param kubeconfig the client configuration; absent: the cluster's own, else the default loading rules
 * @param defaultImage for tasks that name none
 * @param sidecarImage replaces the image of the agent's sidecar
 * @param setupCommand runs in the workspace before the agent
 * @param teardownCommand runs in the workspace after the agent
 * @param activeDeadlineSeconds after which the cluster ends a Job; absent: never
 * @param ttlSecondsAfterFinished after which the cluster removes a Job that has ended
 * @param workspaceSizeLimit a Kubernetes quantity
 * @param unschedulableTimeout how long a Pod may find no node; zero or less: for ever
 * @param codingCliSidecars images by harness
 * @param podTemplate a PodSpec as it is written
 * @param preflightResources a Pod's resource requirements as they are written; absent: Slipway's own
 * @param environment laid over every task's own variables, later entries over earlier ones; the file has it under
 *     {@code slipway.kubernetes}, for the worker daemon knows it as a flag only
 * @param envAsSecret whether the tasks' variables and long arguments are in Secrets instead of the Jobs themselves
 */
public record Kubernetes(
        String namespace,
        Optional<Path> kubeconfig,
        Optional<String> defaultImage,
        PullPolicy imagePullPolicy,
        boolean useImageVolumes,
        String preflightImage,
        Optional<String> sidecarImage,
        Optional<String> setupCommand,
        Optional<String> teardownCommand,
        Map<String, String> extraLabels,
        Map<String, String> extraAnnotations,
        OptionalLong activeDeadlineSeconds,
        long ttlSecondsAfterFinished,
        Optional<String> workspaceSizeLimit,
        Duration unschedulableTimeout,
        Map<String, String> codingCliSidecars,
        Optional<Raw> podTemplate,
        Optional<Raw> preflightResources,
        List<EnvironmentEntry> environment,
        boolean envAsSecret)
        implements BackendSettings {
    static final String DEFAULT_NAMESPACE = "default";
    static final String DEFAULT_PREFLIGHT_IMAGE = "busybox:1.36";
    static final long DEFAULT_TTL_SECONDS = 86_400;
    static final Duration DEFAULT_UNSCHEDULABLE_TIMEOUT = Duration.ofSeconds(30);

    public Kubernetes {
        extraLabels = Map.copyOf(extraLabels);
        extraAnnotations = Map.copyOf(extraAnnotations);
        codingCliSidecars = Map.copyOf(codingCliSidecars);
        environment = List.copyOf(environment);
    }

    /** When the cluster fetches a task's image. */
    public enum PullPolicy {
        ALWAYS("Always"),
        NEVER("Never"),
        IF_NOT_PRESENT("IfNotPresent");

        private final String wireName;

        PullPolicy(String wireName) {
            this.wireName = wireName;
        }

        public String wireName() {
            return wireName;
        }
    }

    public static Kubernetes defaults() {
        return new Kubernetes(
                DEFAULT_NAMESPACE,
                Optional.empty(),
                Optional.empty(),
                PullPolicy.IF_NOT_PRESENT,
                false,
                DEFAULT_PREFLIGHT_IMAGE,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                Map.of(),
                OptionalLong.empty(),
                DEFAULT_TTL_SECONDS,
                Optional.empty(),
                DEFAULT_UNSCHEDULABLE_TIMEOUT,
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                false);
    }

    @Override
    public Backend kind() {
        return Backend.KUBERNETES;
    }

    @Override
    public Kubernetes with(Flags flags, List<EnvironmentEntry> flagEnvironment) {
        return with(kubeconfig, Lists.join(environment, flagEnvironment), envAsSecret);
    }

    @Override
    public Kubernetes withInherited(Function<String, @Nullable String> host) {
        return with(kubeconfig, EnvironmentEntry.withInherited(environment, host), envAsSecret);
    }

    @Override
    public Kubernetes resolvedAgainst(Path directory) {
        return with(kubeconfig.map(directory::resolve), environment, envAsSecret);
    }

    /** The same with what stands under {@code slipway.kubernetes}. */
    Kubernetes withOwn(List<EnvironmentEntry> ownEnvironment, boolean ownEnvAsSecret) {
        return with(kubeconfig, ownEnvironment, ownEnvAsSecret);
    }

    private Kubernetes with(
            Optional<Path> otherKubeconfig, List<EnvironmentEntry> otherEnvironment, boolean otherEnvAsSecret) {
        return new Kubernetes(
                namespace,
                otherKubeconfig,
                defaultImage,
                imagePullPolicy,
                useImageVolumes,
                preflightImage,
                sidecarImage,
                setupCommand,
                teardownCommand,
                extraLabels,
                extraAnnotations,
                activeDeadlineSeconds,
                ttlSecondsAfterFinished,
                workspaceSizeLimit,
                unschedulableTimeout,
                codingCliSidecars,
                podTemplate,
                preflightResources,
                otherEnvironment,
                otherEnvAsSecret);
    }
}
