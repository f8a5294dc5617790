package dev.slipway.settings;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The settings of the one backend that is configured. */
public sealed interface BackendSettings permits Docker, Direct, Kubernetes {
    /** What holds for a backend of which no file says anything. */
    static BackendSettings defaults(Backend kind) {
        return switch (kind) {
            case DOCKER -> Docker.defaults();
            case DIRECT -> Direct.defaults();
            case KUBERNETES -> Kubernetes.defaults();
        };
    }

    Backend kind();

    /**
     * The same with those flags laid over it that are for this backend.
     *
     * @param flagEnvironment what {@code -e} stands for
     */
    BackendSettings with(Flags flags, List<EnvironmentEntry> flagEnvironment);

    /** The same with the values that are inherited from {@code host}, the host's variables by name. */
    BackendSettings withInherited(Function<String, @Nullable String> host);

    /** The same with relative paths taken from {@code directory}. */
    BackendSettings resolvedAgainst(Path directory);
}
