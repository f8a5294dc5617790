package dev.slipway.protocol;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a task's container has besides its own image. Backends that run no images make nothing of it.
 *
 * @param agentImage an image with the agent, whose file system the task sees at {@value #AGENT_PATH}; absent: the task's own
 *     image has the agent
 * @param sidecars further images whose file systems the task sees, in this order
 */
public record Container(Optional<String> agentImage, List<Sidecar> sidecars, Shape shape) {
    public static final String AGENT_PATH = "/agent";

    private static final Container PLAIN =
            new Container(Optional.empty(), List.of(), new Shape(OptionalDouble.empty(), OptionalDouble.empty()));

    public Container {
        requireNonNull(agentImage, "agentImage");
        requireNonNull(shape, "shape");
        sidecars = List.copyOf(sidecars);
    }

    /** The task's image alone, of any size. */
    public static Container plain() {
        return PLAIN;
    }

    /**
     * As the assignment has it, unchecked.
     *
     * @param image may be empty
     * @param mountPath where the task sees its file system; may be empty or anything else
     * @param readWrite whether the task may write there
     */
    public record Sidecar(String image, String mountPath, boolean readWrite) {
        public Sidecar {
            requireNonNull(image, "image");
            requireNonNull(mountPath, "mountPath");
        }
    }

    /**
     * What the task may use at most, and is to have.
     *
     * @param cpus of one processor, above 0; absent: as the backend likes
     * @param memoryGib of 2^30 bytes, above 0; absent: as the backend likes
     */
    public record Shape(OptionalDouble cpus, OptionalDouble memoryGib) {
        public Shape {
            requireNonNull(cpus, "cpus");
            requireNonNull(memoryGib, "memoryGib");
        }
    }
}
