package dev.slipway.settings;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The direct backend: tasks are processes of this host.
 *
 * @param workspaceRoot holds one directory per task
 * @param targetDir one existing directory that all tasks share instead
 * @param ozPath the agent's binary; without it {@code oz} on PATH
 * @param setupCommand runs in the workspace before the agent, with the worker's whole environment
 * @param teardownCommand runs in the workspace after the agent, however it ended
 * @param environment laid over every task's own variables, later entries over earlier ones
 */
public record Direct(
        Path workspaceRoot,
        Optional<Path> targetDir,
        Optional<String> ozPath,
        Optional<String> setupCommand,
        Optional<String> teardownCommand,
        List<EnvironmentEntry> environment)
        implements BackendSettings {
    public static final Path DEFAULT_WORKSPACE_ROOT = Path.of("/var/lib/oz/workspaces");

    public Direct {
        environment = List.copyOf(environment);
    }

    public static Direct defaults() {
        return new Direct(
                DEFAULT_WORKSPACE_ROOT,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of());
    }

    public Direct withWorkspaceRoot(Path root) {
        return with(root, targetDir, ozPath, environment);
    }

    @Override
    public Direct withInherited(Function<String, @Nullable String> host) {
        return with(workspaceRoot, targetDir, ozPath, EnvironmentEntry.withInherited(environment, host));
    }

    @Override
    public Backend kind() {
        return Backend.DIRECT;
    }

    @Override
    public Direct with(Flags flags, List<EnvironmentEntry> flagEnvironment) {
        var target =
                Optional.of(flags.targetDir()).filter(dir -> !dir.isEmpty()).map(Path::of);
        return with(workspaceRoot, target.or(() -> targetDir), ozPath, Lists.join(environment, flagEnvironment));
    }

    @Override
    public Direct resolvedAgainst(Path directory) {
        return with(
                directory.resolve(workspaceRoot),
                targetDir.map(directory::resolve),
                ozPath.map(path -> path.contains("/") ? directory.resolve(path).toString() : path),
                environment);
    }

    private Direct with(Path root, Optional<Path> target, Optional<String> oz, List<EnvironmentEntry> entries) {
        return new Direct(root, target, oz, setupCommand, teardownCommand, entries);
    }
}
