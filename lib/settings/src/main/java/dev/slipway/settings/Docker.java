package dev.slipway.settings;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The docker backend: tasks are containers.
 *
 * @param volumes mounted into every task, as {@code docker run -v} takes them: {@code HOST:CONTAINER[:MODE]}
 * @param environment laid over every task's own variables, later entries over earlier ones
 */
public record Docker(List<String> volumes, List<EnvironmentEntry> environment) implements BackendSettings {
    public Docker {
        volumes = List.copyOf(volumes);
        environment = List.copyOf(environment);
    }

    public static Docker defaults() {
        return new Docker(List.of(), List.of());
    }

    @Override
    public Backend kind() {
        return Backend.DOCKER;
    }

    /** The file's volumes come first, then the flags'. */
    @Override
    public Docker with(Flags flags, List<EnvironmentEntry> flagEnvironment) {
        return new Docker(Lists.join(volumes, flags.volumes()), Lists.join(environment, flagEnvironment));
    }

    @Override
    public Docker withInherited(Function<String, @Nullable String> host) {
        return new Docker(volumes, EnvironmentEntry.withInherited(environment, host));
    }

    /** Its volumes are the engine's to resolve. */
    @Override
    public Docker resolvedAgainst(Path directory) {
        return this;
    }
}
