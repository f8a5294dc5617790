package dev.slipway.executor.k8s;

import dev.slipway.executor.core.Deadline;
import dev.slipway.executor.core.PreflightFailure;
import dev.slipway.settings.Kubernetes;
import dev.slipway.settings.Raw;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jboss.logging.Logger;

/** Finds out whether tasks can run in a namespace: what is allowed, and whether the cluster makes a Pod as they would have it. */
final class Preflight {
    private static final Logger LOG = Logger.getLogger(Preflight.class);
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final String IMAGE_MOUNT = "/preflight-image";
    private static final String NAME = "preflight";
    private static final int UNAUTHORIZED = 401;

    /** How long a Job whose maker was killed is there. In seconds. */
    private static final long LEFT_BEHIND = 60;

    private record Right(String verb, String group, String resource) {
        @Override
        public String toString() {
            return verb + " " + resource;
        }
    }

    private static final List<Right> RIGHTS = List.of(
            new Right("create", "batch", "jobs"),
            new Right("get", "batch", "jobs"),
            new Right("list", "batch", "jobs"),
            new Right("watch", "batch", "jobs"),
            new Right("delete", "batch", "jobs"),
            new Right("get", "", "pods"),
            new Right("list", "", "pods"),
            new Right("watch", "", "pods"),
            new Right("get", "", "pods/log"),
            new Right("list", "", "events"));

    private static final Right SECRETS = new Right("create", "", "secrets");

    private final Site site;
    private final Api api;
    private final InstantSource clock;
    private String version = "";

    Preflight(Site site, Api api, InstantSource clock) {
        this.site = site;
        this.api = api;
        this.clock = clock;
    }

    /** @return what an operator should know although tasks may run */
    List<String> check() throws PreflightFailure {
        try {
            version = api.version();
            LOG.infof("the cluster at %s is of version %s", api.server(), version);
        } catch (IOException e) {
            throw refused(e);
        }
        checkRights();
        return checkPod();
    }

    /** In words; once it is checked. */
    String engine() {
        return "Kubernetes %s at %s, namespace %s".formatted(version, api.server(), api.namespace());
    }

    private void checkRights() throws PreflightFailure {
        List<Right> needed = new ArrayList<>(RIGHTS);
        if (site.settings().envAsSecret()) {
            needed.add(SECRETS);
        }
        List<String> missing = new ArrayList<>();
        for (Right right : needed) {
            try {
                if (!api.mayDo(right.verb(), right.group(), right.resource())) {
                    missing.add(right.toString());
                }
            } catch (ApiFailure e) {
                if (!e.isRefusal()) {
                    throw refused(e);
                }
                return; // who may not ask finds out by doing
            } catch (IOException e) {
                throw refused(e);
            }
        }
        if (missing.size() == needed.size()) {
            throw new PreflightFailure(
                    "in namespace %s this executor's account may do nothing of what it must: see whether backend.kubernetes.namespace names the right one, whether that exists, and whether a RoleBinding there gives the account the Role of docs/kubernetes.md"
                            .formatted(api.namespace()));
        }
        if (!missing.isEmpty()) {
            throw new PreflightFailure(
                    "in namespace %s this executor's account may not %s: add that to its Role (docs/kubernetes.md has the whole one)"
                            .formatted(api.namespace(), String.join(", ", missing)));
        }
    }

    private PreflightFailure refused(IOException e) {
        if (e instanceof ApiFailure failure && failure.code() == UNAUTHORIZED) {
            return new PreflightFailure(
                    "the cluster at %s does not know this executor's account (%s): see whether its token or certificate has expired, and whether backend.kubernetes.kubeconfig names the right user"
                            .formatted(api.server(), e.getMessage()));
        }
        if (e instanceof ApiFailure failure && failure.isRefusal()) {
            return new PreflightFailure(
                    "in namespace %s this executor's account may not do what it must: %s: see its Role (docs/kubernetes.md has the whole one)"
                            .formatted(api.namespace(), e.getMessage()));
        }
        if (isUntrusted(e)) {
            return new PreflightFailure(
                    "no safe connection to the cluster at %s can be made: %s: see whether the kubeconfig has the address and the certificate authority of this cluster"
                            .formatted(api.server(), e.getMessage()));
        }
        return new PreflightFailure(
                "the cluster at %s does not answer: %s: see whether it runs, and whether backend.kubernetes.kubeconfig names the right one"
                        .formatted(api.server(), e.getMessage()));
    }

    private static boolean isUntrusted(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SSLException) {
                return true;
            }
        }
        return false;
    }

    private List<String> checkPod() throws PreflightFailure {
        Job job;
        try {
            job = api.create(job());
        } catch (IOException e) {
            if (!(e instanceof ApiFailure failure && failure.isRefusal())) {
                throw refused(e);
            }
            throw new PreflightFailure(
                    "the preflight's Job cannot be made in namespace %s: %s: see whether the namespace exists, the account's Role, and pod_template"
                            .formatted(api.namespace(), e.getMessage()));
        }
        try {
            return await(job);
        } catch (IOException e) {
            throw refused(e);
        } finally {
            delete(job);
        }
    }

    private void delete(Job job) {
        try {
            api.delete(job, DeletionPropagation.BACKGROUND);
        } catch (IOException e) {
            LOG.warnf("the preflight's Job %s is left: %s", job.getMetadata().getName(), e.getMessage());
        }
    }

    private List<String> await(Job job) throws IOException, PreflightFailure {
        Deadline deadline = Deadline.in(PATIENCE);
        while (!deadline.isOver()) {
            Optional<Pod> pod = api.pods(Map.of("job-name", job.getMetadata().getName())).items().stream()
                    .findFirst();
            if (pod.isPresent() && (!site.settings().useImageVolumes() || hasSucceeded(pod.get()))) {
                return remarks(job);
            }
            Optional<String> refusal = pod.isPresent() ? Optional.empty() : refusal(job);
            if (refusal.filter(words -> words.contains("exceeded quota")).isPresent()) {
                return List.of(
                        "namespace %s has no room for another Pod now: %s".formatted(api.namespace(), refusal.get()));
            }
            if (refusal.isPresent()) {
                throw new PreflightFailure(
                        "the cluster makes no Pod in namespace %s: %s: see Pod Security and other admission rules, image policies, and the service account in pod_template"
                                .formatted(api.namespace(), refusal.get()));
            }
            deadline.pause(POLL);
        }
        throw new PreflightFailure(
                site.settings().useImageVolumes()
                        ? "the preflight's Pod in namespace %s did not end well within %d s: see whether the cluster mounts images as volumes (use_image_volumes), and has the image %s"
                                .formatted(
                                        api.namespace(),
                                        PATIENCE.toSeconds(),
                                        site.settings().preflightImage())
                        : "the cluster made no Pod for the preflight's Job in namespace %s within %d s, and does not say why: see its controller manager, and its admission rules"
                                .formatted(api.namespace(), PATIENCE.toSeconds()));
    }

    /** A field that a cluster does not know is left out of what it answers. */
    private static List<String> remarks(Job made) {
        return JobManifests.REPLACEMENT.equals(made.getSpec().getPodReplacementPolicy())
                ? List.of()
                : List.of(
                        "this cluster does not know podReplacementPolicy (Kubernetes before 1.29): should it make a second Pod for a task, that is noticed only after both have begun");
    }

    private boolean hasSucceeded(Pod pod) throws PreflightFailure {
        String phase = pod.getStatus() == null ? "" : pod.getStatus().getPhase();
        if ("Failed".equals(phase)) {
            throw new PreflightFailure(
                    "the preflight's Pod in namespace %s failed: this cluster does not mount images as volumes: set use_image_volumes to false"
                            .formatted(api.namespace()));
        }
        return "Succeeded".equals(phase);
    }

    private Optional<String> refusal(Job job) throws IOException {
        return api.warnings().stream()
                .filter(event -> "FailedCreate".equals(event.getReason())
                        && event.getInvolvedObject() != null
                        && job.getMetadata()
                                .getUid()
                                .equals(event.getInvolvedObject().getUid()))
                .map(Event::getMessage)
                .findFirst();
    }

    private Job job() {
        Instant now = clock.instant();
        return new JobBuilder()
                .withMetadata(new ObjectMetaBuilder()
                        .withName("oz-preflight-%s-%d%09d"
                                .formatted(Names.hash(site.executor()), now.getEpochSecond(), now.getNano()))
                        .withNamespace(api.namespace())
                        .withLabels(site.settings().extraLabels())
                        .withAnnotations(site.settings().extraAnnotations())
                        .build())
                .withNewSpec()
                .withBackoffLimit(0)
                .withPodReplacementPolicy(JobManifests.REPLACEMENT)
                .withActiveDeadlineSeconds(LEFT_BEHIND)
                .withTtlSecondsAfterFinished((int) LEFT_BEHIND)
                .withNewTemplate()
                .withNewMetadata()
                .withLabels(site.settings().extraLabels())
                .withAnnotations(site.settings().extraAnnotations())
                .endMetadata()
                .withSpec(pod())
                .endTemplate()
                .endSpec()
                .build();
    }

    /** What every task's Pod has, and as little as possible of its own. */
    private PodSpec pod() {
        Kubernetes settings = site.settings();
        PodSpec common = JobManifests.hardened(site.template());
        PodSpecBuilder pod =
                new PodSpecBuilder(common).withInitContainers(List.of()).withContainers(List.of());
        ContainerBuilder container = new ContainerBuilder()
                .withName(NAME)
                .withImage(settings.preflightImage())
                .withImagePullPolicy(settings.imagePullPolicy().wireName())
                .withResources(resources());
        if (settings.useImageVolumes()) {
            return pod.addToVolumes(new VolumeBuilder()
                            .withName(NAME + "-image")
                            .withNewImage(settings.imagePullPolicy().wireName(), settings.preflightImage())
                            .build())
                    .withContainers(container
                            .withCommand("test", "-d", IMAGE_MOUNT)
                            .addNewVolumeMount()
                            .withName(NAME + "-image")
                            .withMountPath(IMAGE_MOUNT)
                            .withReadOnly(true)
                            .endVolumeMount()
                            .build())
                    .build();
        }
        Container main = container.withCommand("true").build();
        return pod.withInitContainers(new ContainerBuilder(main)
                        .withName(NAME + "-init")
                        .withNewSecurityContext()
                        .withRunAsUser(0L)
                        .withRunAsNonRoot(false)
                        .endSecurityContext()
                        .build())
                .withContainers(main)
                .build();
    }

    private ResourceRequirements resources() {
        return site.settings()
                .preflightResources()
                .map(Raw::value)
                .map(value -> api.convert(value, ResourceRequirements.class))
                .orElseGet(() -> new ResourceRequirementsBuilder()
                        .addToRequests("cpu", new Quantity("10m"))
                        .addToRequests("memory", new Quantity("16Mi"))
                        .addToLimits("cpu", new Quantity("100m"))
                        .addToLimits("memory", new Quantity("64Mi"))
                        .build());
    }
}
