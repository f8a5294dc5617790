package dev.slipway.executor.k8s;

import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Container;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.settings.Kubernetes;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Lifecycle;
import io.fabric8.kubernetes.api.model.LifecycleBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobSpecBuilder;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes down the Job for a task. Pure: the same task makes the same Job. */
final class JobManifests {
    static final String WORKSPACE = "/workspace";
    static final String ENVIRONMENT_FILE = WORKSPACE + "/.oz-env";

    /** The container that the task's program runs in. */
    static final String TASK = "task";

    /** The init container of the operator's setup command. */
    static final String SETUP = "setup";

    /** A finished Job is the only evidence of how its task ended: it outlasts an executor that is away for less. In seconds. */
    private static final long SHORTEST_TTL = 3_600;

    /** A record goes with the acknowledgement; what nobody ever acknowledges goes some day. In seconds. */
    private static final long RECORD_TTL = 7 * 86_400L;

    /** No second Pod before the first has ended. */
    static final String REPLACEMENT = "Failed";

    static final String EXECUTION_HASH_LABEL = "oz-execution-hash";

    private static final String DEFAULT_IMAGE = "ubuntu:22.04";
    private static final String WORKSPACE_VOLUME = "workspace";
    private static final String SIDECAR_TARGET = "/target";
    private static final BigDecimal GIB = BigDecimal.valueOf(1L << 30);

    private JobManifests() {}

    /** @throws StartFailure if no Pod can be as the task wants it */
    static Manifest of(Site site, RunId run, TaskSpec spec, String name) throws StartFailure {
        Kubernetes settings = site.settings();
        List<Container.Sidecar> sidecars = Sidecars.of(spec, settings);
        Variables variables = new Variables(name, settings.envAsSecret());
        ObjectMeta meta = meta(site, run, spec.taskId(), spec.traceparent(), name);
        PodSpec pod = pod(site, spec, sidecars, variables);
        if (!variables.secrets().isEmpty()) {
            meta = meta.edit().addToAnnotations(Marks.secret()).build();
        }
        Job job = new JobBuilder()
                .withMetadata(meta)
                .withSpec(jobSpec(site, SHORTEST_TTL)
                        .withParallelism(1)
                        .withCompletions(1)
                        .withBackoffLimit(0)
                        .withActiveDeadlineSeconds(deadline(settings))
                        // A Pod that is being deleted has not ended: a second one beside it would start the agent
                        // twice.
                        .withPodReplacementPolicy(REPLACEMENT)
                        .withNewPodFailurePolicy()
                        .addNewRule()
                        .withAction("FailJob")
                        .addNewOnPodCondition("True", "DisruptionTarget")
                        .endRule()
                        .endPodFailurePolicy()
                        .withNewTemplate()
                        .withMetadata(new ObjectMetaBuilder()
                                .withLabels(meta.getLabels())
                                .withAnnotations(meta.getAnnotations())
                                .build())
                        .withSpec(pod)
                        .endTemplate()
                        .build())
                .build();
        return new Manifest(job, variables.secrets());
    }

    /** Stands in the place of a run's Job and says how the run ended. It makes no Pod, and while it is there nothing else can. */
    static Job record(
            Site site,
            RunId run,
            String taskId,
            Optional<String> traceparent,
            String name,
            String annotation,
            String end) {
        ObjectMeta meta = meta(site, run, taskId, traceparent, name);
        Map<String, String> annotations = new HashMap<>(meta.getAnnotations());
        annotations.put(annotation, end);
        return new JobBuilder()
                .withMetadata(meta.edit().withAnnotations(annotations).build())
                .withSpec(jobSpec(site, RECORD_TTL)
                        .withParallelism(0)
                        .withCompletions(0)
                        .withNewTemplate()
                        .withNewMetadata()
                        .withLabels(meta.getLabels())
                        .endMetadata()
                        // Like the preflight's, since rules for admission look at it as well.
                        .withSpec(new PodSpecBuilder(hardened(site.template()))
                                .withInitContainers(List.of())
                                .withContainers(new ContainerBuilder()
                                        .withName(TASK)
                                        .withImage(site.settings().preflightImage())
                                        .build())
                                .build())
                        .endTemplate()
                        .build())
                .build();
    }

    private static JobSpecBuilder jobSpec(Site site, long shortestTtl) {
        JobSpecBuilder spec = new JobSpecBuilder();
        return site.isCleaned()
                ? spec.withTtlSecondsAfterFinished(
                        (int) Math.clamp(site.settings().ttlSecondsAfterFinished(), shortestTtl, Integer.MAX_VALUE))
                : spec;
    }

    /** Zero is none. */
    private static @Nullable Long deadline(Kubernetes settings) {
        long seconds = settings.activeDeadlineSeconds().orElse(0);
        return seconds > 0 ? seconds : null;
    }

    private static ObjectMeta meta(Site site, RunId run, String taskId, Optional<String> traceparent, String name) {
        Map<String, String> labels = new HashMap<>(site.settings().extraLabels());
        labels.put("oz-worker-id", Names.label(site.workerId()));
        labels.put("oz-worker-hash", Names.hash(site.workerId()));
        labels.put("oz-task-id", Names.label(taskId));
        labels.put("oz-task-hash", Names.hash(taskId));
        labels.put("oz-execution-id", Names.label(run.key().execution()));
        labels.put(EXECUTION_HASH_LABEL, Names.hash(run.key().execution()));
        labels.put(Marks.EXECUTOR_LABEL, Names.hash(site.executor()));
        Map<String, String> annotations = new HashMap<>(site.settings().extraAnnotations());
        annotations.putAll(Marks.annotations(site.executor(), run, taskId, traceparent));
        return new ObjectMetaBuilder()
                .withName(name)
                .withNamespace(site.settings().namespace())
                .withLabels(labels)
                .withAnnotations(annotations)
                .build();
    }

    private static PodSpec pod(Site site, TaskSpec spec, List<Container.Sidecar> sidecars, Variables variables)
            throws StartFailure {
        PodSpec template = site.template();
        Optional<io.fabric8.kubernetes.api.model.Container> own = template.getContainers().stream()
                .filter(container -> TASK.equals(container.getName()))
                .findFirst();
        List<VolumeMount> mounts = mounts(sidecars, site.settings().useImageVolumes());
        io.fabric8.kubernetes.api.model.Container task = task(site, spec, own, mounts, variables);
        List<io.fabric8.kubernetes.api.model.Container> init = new ArrayList<>(copies(site, sidecars));
        site.settings()
                .setupCommand()
                .ifPresent(command -> init.add(setup(site, command, task.getImage(), mounts, task.getEnv())));
        init.addAll(template.getInitContainers());
        List<io.fabric8.kubernetes.api.model.Container> containers = new ArrayList<>(template.getContainers());
        own.ifPresentOrElse(there -> containers.set(containers.indexOf(there), task), () -> containers.add(task));
        return new PodSpecBuilder(hardened(template))
                .withVolumes(volumes(template.getVolumes(), site.settings(), sidecars))
                .withInitContainers(init)
                .withContainers(containers)
                .build();
    }

    /** What every Pod of this executor is, unless the operator's template says otherwise. */
    static PodSpec hardened(PodSpec template) {
        return new PodSpecBuilder(template)
                .withRestartPolicy("Never")
                .withAutomountServiceAccountToken(automount(template))
                .withSecurityContext(security(template.getSecurityContext()))
                .build();
    }

    /** A token is of use only to a task that was given an account. */
    private static @Nullable Boolean automount(PodSpec template) {
        boolean namesAccount = isGiven(template.getServiceAccountName()) || isGiven(template.getServiceAccount());
        return namesAccount
                ? template.getAutomountServiceAccountToken()
                : Objects.requireNonNullElse(template.getAutomountServiceAccountToken(), Boolean.FALSE);
    }

    private static boolean isGiven(@Nullable String text) {
        return text != null && !text.isEmpty();
    }

    private static PodSecurityContext security(@Nullable PodSecurityContext template) {
        PodSecurityContext context = template == null ? new PodSecurityContext() : template;
        return context.getSeccompProfile() != null
                ? context
                : new PodSecurityContextBuilder(context)
                        .withNewSeccompProfile()
                        .withType("RuntimeDefault")
                        .endSeccompProfile()
                        .build();
    }

    private static io.fabric8.kubernetes.api.model.Container task(
            Site site,
            TaskSpec spec,
            Optional<io.fabric8.kubernetes.api.model.Container> own,
            List<VolumeMount> mounts,
            Variables variables)
            throws StartFailure {
        Kubernetes settings = site.settings();
        io.fabric8.kubernetes.api.model.Container template =
                own.orElseGet(() -> new ContainerBuilder().withName(TASK).build());
        Program program = spec.program();
        String teardown = settings.teardownCommand().orElse("");
        List<String> command;
        List<String> given;
        switch (program) {
            case Program.Agent agent -> {
                command = Scripts.agent(teardown);
                given = agent.args();
            }
            case Program.Command asked -> {
                boolean needsShell =
                        !teardown.isEmpty() || settings.setupCommand().isPresent();
                command = needsShell
                        ? Scripts.command(teardown)
                        : List.of(asked.argv().getFirst());
                given = needsShell
                        ? asked.argv()
                        : asked.argv().subList(1, asked.argv().size());
            }
        }
        List<String> arguments = variables.arguments(given);
        String directory = spec.workdir().orElse(WORKSPACE);
        if (!directory.startsWith("/")) {
            throw new StartFailure(
                    Cause.WORKSPACE_UNFIT, "the working directory '%s' is no absolute path".formatted(directory));
        }
        return new ContainerBuilder(template)
                .withImage(spec.image().or(settings::defaultImage).orElse(DEFAULT_IMAGE))
                .withImagePullPolicy(
                        isGiven(template.getImagePullPolicy())
                                ? template.getImagePullPolicy()
                                : settings.imagePullPolicy().wireName())
                .withCommand(command.stream().map(Variables::literal).toList())
                .withArgs(arguments)
                .withWorkingDir(directory)
                .withRestartPolicy(null) // an agent is not started again in its Pod either
                .withRestartPolicyRules(List.of())
                .withEnv(variables.of(template.getEnv(), spec, site))
                .withVolumeMounts(together(template.getVolumeMounts(), mounts))
                .withResources(shaped(template.getResources(), spec.container().shape()))
                .withLifecycle(lifecycle(template.getLifecycle(), teardown))
                .build();
    }

    private static @Nullable Lifecycle lifecycle(@Nullable Lifecycle template, String teardown) {
        if (teardown.isEmpty()) {
            return template;
        }
        return (template == null ? new LifecycleBuilder() : new LifecycleBuilder(template))
                .withNewPreStop()
                .withNewExec()
                .withCommand(Scripts.teardownOnKill(teardown))
                .endExec()
                .endPreStop()
                .build();
    }

    private static io.fabric8.kubernetes.api.model.Container setup(
            Site site, String command, String image, List<VolumeMount> mounts, List<EnvVar> env) {
        return new ContainerBuilder()
                .withName(SETUP)
                .withImage(image)
                .withImagePullPolicy(site.settings().imagePullPolicy().wireName())
                .withCommand(Scripts.SHELL, "-c", Variables.literal(command))
                .withWorkingDir(WORKSPACE)
                .withEnv(env)
                .withVolumeMounts(mounts)
                .build();
    }

    /** None where the cluster mounts the images themselves. */
    private static List<io.fabric8.kubernetes.api.model.Container> copies(Site site, List<Container.Sidecar> sidecars) {
        List<io.fabric8.kubernetes.api.model.Container> copies = new ArrayList<>();
        for (int i = 0; i < sidecars.size() && !site.settings().useImageVolumes(); i++) {
            copies.add(new ContainerBuilder()
                    .withName("copy-sidecar-" + i)
                    .withImage(sidecars.get(i).image())
                    .withImagePullPolicy(site.settings().imagePullPolicy().wireName())
                    .withCommand(Scripts.SHELL, "-c", Scripts.copy())
                    .withNewSecurityContext()
                    .withRunAsUser(0L)
                    .withRunAsNonRoot(false)
                    .endSecurityContext()
                    .addNewVolumeMount()
                    .withName(volumeName(i, false))
                    .withMountPath(SIDECAR_TARGET)
                    .endVolumeMount()
                    .build());
        }
        return copies;
    }

    private static List<VolumeMount> mounts(List<Container.Sidecar> sidecars, boolean imageVolumes) {
        List<VolumeMount> mounts = new ArrayList<>();
        mounts.add(new VolumeMountBuilder()
                .withName(WORKSPACE_VOLUME)
                .withMountPath(WORKSPACE)
                .build());
        for (int i = 0; i < sidecars.size(); i++) {
            mounts.add(new VolumeMountBuilder()
                    .withName(volumeName(i, imageVolumes))
                    .withMountPath(sidecars.get(i).mountPath())
                    .withReadOnly(sidecars.get(i).readWrite() ? null : Boolean.TRUE)
                    .build());
        }
        return mounts;
    }

    private static List<Volume> volumes(List<Volume> template, Kubernetes settings, List<Container.Sidecar> sidecars) {
        List<Volume> ours = new ArrayList<>();
        ours.add(new VolumeBuilder()
                .withName(WORKSPACE_VOLUME)
                .withNewEmptyDir()
                .withSizeLimit(settings.workspaceSizeLimit().map(Quantity::new).orElse(null))
                .endEmptyDir()
                .build());
        for (int i = 0; i < sidecars.size(); i++) {
            VolumeBuilder volume = new VolumeBuilder().withName(volumeName(i, settings.useImageVolumes()));
            ours.add(
                    settings.useImageVolumes()
                            ? volume.withNewImage(
                                            settings.imagePullPolicy().wireName(),
                                            sidecars.get(i).image())
                                    .build()
                            : volume.withNewEmptyDir().endEmptyDir().build());
        }
        Set<String> names = ours.stream().map(Volume::getName).collect(Collectors.toSet());
        List<Volume> all = new ArrayList<>();
        template.stream().filter(volume -> !names.contains(volume.getName())).forEach(all::add);
        all.addAll(ours);
        return all;
    }

    private static String volumeName(int sidecar, boolean image) {
        return "sidecar-" + sidecar + (image ? "-image" : "-data");
    }

    /** Two mounts at one path are refused by the cluster. */
    private static List<VolumeMount> together(List<VolumeMount> template, List<VolumeMount> ours) {
        Set<String> paths = ours.stream().map(VolumeMount::getMountPath).collect(Collectors.toSet());
        List<VolumeMount> all = new ArrayList<>();
        template.stream().filter(mount -> !paths.contains(mount.getMountPath())).forEach(all::add);
        all.addAll(ours);
        return all;
    }

    private static @Nullable ResourceRequirements shaped(
            @Nullable ResourceRequirements template, Container.Shape shape) {
        Map<String, Quantity> wanted = new HashMap<>();
        quantity(shape.cpus(), BigDecimal.valueOf(1000), "m").ifPresent(cpu -> wanted.put("cpu", cpu));
        quantity(shape.memoryGib(), GIB, "").ifPresent(memory -> wanted.put("memory", memory));
        if (wanted.isEmpty()) {
            return template;
        }
        ResourceRequirements resources = template == null ? new ResourceRequirements() : template;
        return new ResourceRequirementsBuilder(resources)
                .addToRequests(wanted)
                .addToLimits(wanted)
                .build();
    }

    private static Optional<Quantity> quantity(OptionalDouble number, BigDecimal unit, String suffix) {
        return number.isEmpty()
                ? Optional.empty()
                : Optional.of(new Quantity(BigDecimal.valueOf(number.getAsDouble())
                                .multiply(unit)
                                .setScale(0, RoundingMode.CEILING)
                                .toPlainString()
                        + suffix));
    }
}
