package dev.slipway.executor.docker;

import java.util.List;
import java.util.Optional;

/**
 * Which directories and volumes may be mounted. Pure.
 *
 * @param allowed with what is below them; absent: all
 */
record MountRules(Optional<List<String>> allowed) {
    /** @return what is wrong with a volume as {@code docker run -v} takes it; empty if nothing is */
    String fault(String volume) {
        String[] parts = volume.split(":", -1);
        if (parts.length < 2 || parts.length > 3 || parts[0].isEmpty() || !parts[1].startsWith("/")) {
            return "backend.docker.volumes: '%s' is not HOST:CONTAINER[:MODE] with an absolute CONTAINER: correct it"
                    .formatted(volume);
        }
        return isAllowed(parts[0])
                ? ""
                : "backend.docker.volumes: %s is none of slipway.docker.allowed_mounts (%s): remove the volume, or add it there"
                        .formatted(parts[0], String.join(", ", allowed.orElse(List.of())));
    }

    private boolean isAllowed(String source) {
        // What climbs back up is nowhere below anything.
        boolean climbs = List.of(source.split("/", -1)).contains("..");
        return allowed.isEmpty()
                || (!climbs
                        && allowed.get().stream()
                                .anyMatch(root -> source.equals(root)
                                        || (root.startsWith("/")
                                                && source.startsWith(root.endsWith("/") ? root : root + "/"))));
    }
}
