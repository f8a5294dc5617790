package dev.slipway.executor.k8s;

import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Container;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.settings.Kubernetes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which images a task sees the file systems of: the agent's first, then those of the assignment, as the operator's settings change them. */
final class Sidecars {
    private Sidecars() {}

    /** @throws StartFailure if they cannot be mounted as they are */
    static List<Container.Sidecar> of(TaskSpec spec, Kubernetes settings) throws StartFailure {
        List<Container.Sidecar> sidecars = new ArrayList<>();
        spec.container()
                .agentImage()
                .map(image -> settings.sidecarImage().orElse(image))
                .ifPresent(image -> sidecars.add(new Container.Sidecar(image, Container.AGENT_PATH, false)));
        sidecars.addAll(spec.container().sidecars());
        cli(spec, settings).ifPresent(cli -> replaceOrAdd(sidecars, cli));
        check(sidecars, settings.useImageVolumes());
        return List.copyOf(sidecars);
    }

    /** The operator's own tools for the task's harness. */
    private static Optional<Container.Sidecar> cli(TaskSpec spec, Kubernetes settings) {
        return spec.program() instanceof Program.Agent agent
                ? agent.harness()
                        .flatMap(harness -> Optional.ofNullable(
                                        settings.codingCliSidecars().get(harness))
                                .map(image -> new Container.Sidecar(image, "/mnt/" + harness + "-cli-sidecar", false)))
                : Optional.empty();
    }

    private static void replaceOrAdd(List<Container.Sidecar> sidecars, Container.Sidecar cli) {
        for (int i = 0; i < sidecars.size(); i++) {
            Container.Sidecar there = sidecars.get(i);
            if (there.mountPath().equals(cli.mountPath())) {
                sidecars.set(i, new Container.Sidecar(cli.image(), there.mountPath(), there.readWrite()));
                return;
            }
        }
        sidecars.add(cli);
    }

    private static void check(List<Container.Sidecar> sidecars, boolean imageVolumes) throws StartFailure {
        Set<Path> taken = new HashSet<>();
        for (Container.Sidecar sidecar : sidecars) {
            String path = sidecar.mountPath();
            if (sidecar.image().isBlank()) {
                throw unfit("the sidecar for '%s' names no image".formatted(path));
            }
            if (!path.startsWith("/") || path.contains(":")) {
                throw unfit("the sidecar %s is to be mounted at '%s', which is no absolute path without a colon"
                        .formatted(sidecar.image(), path));
            }
            Path normal = Path.of(path).normalize();
            if (normal.equals(Path.of("/")) || normal.equals(Path.of(JobManifests.WORKSPACE))) {
                throw unfit("the sidecar %s is to be mounted at %s, where the task has files of its own"
                        .formatted(sidecar.image(), path));
            }
            if (!taken.add(normal)) {
                throw unfit("two sidecars are to be mounted at %s".formatted(path));
            }
            if (imageVolumes && sidecar.readWrite()) {
                throw unfit(
                        "the sidecar %s is to be writable, which a volume of an image cannot be (backend.kubernetes.use_image_volumes)"
                                .formatted(sidecar.image()));
            }
        }
    }

    private static StartFailure unfit(String detail) {
        return new StartFailure(Cause.SIDECAR_UNFIT, detail);
    }
}
