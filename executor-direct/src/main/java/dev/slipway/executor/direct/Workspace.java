package dev.slipway.executor.direct;

import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.TaskSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/** Where a task runs. */
record Workspace(Path directory, Kind kind) {
    enum Kind {
        /** Made for the task, and so may be removed with it. */
        OWN,
        /** All tasks of the host use it. */
        SHARED,
        /** The task names it. */
        GIVEN
    }

    /** Decides where the task runs; nothing is made yet. */
    static Workspace of(TaskSpec spec, DirectConfig config) throws StartFailure {
        if (!SafeName.isPathComponent(spec.taskId())) {
            throw refused("the task's id cannot be the name of a directory, which is one path component of at most 255"
                    + " bytes without control characters");
        }
        if (!NativeText.isExpressible(spec.taskId())) {
            throw refused("the task's id " + NativeText.INEXPRESSIBLE);
        }
        if (spec.program() instanceof Program.Command && spec.workdir().isPresent()) {
            return new Workspace(given(spec.workdir().get()), Kind.GIVEN);
        }
        return config.targetDir()
                .map(shared -> new Workspace(shared, Kind.SHARED))
                .orElseGet(() -> new Workspace(config.workspaceRoot().resolve(spec.taskId()), Kind.OWN));
    }

    /** Whether it can be what it is to be; nothing is made yet. */
    void check() throws StartFailure {
        if (kind != Kind.OWN && !Files.isDirectory(directory)) {
            throw refused("the directory " + directory + " does not exist on this host");
        }
        if (kind == Kind.OWN
                && Files.exists(directory, LinkOption.NOFOLLOW_LINKS)
                && !Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            throw refused("the workspace " + directory + " is in the way and no directory");
        }
    }

    /** Makes it, or takes what is there. */
    void prepare() throws StartFailure {
        try {
            if (kind == Kind.OWN) {
                Directories.create(directory);
            }
        } catch (IOException e) {
            throw new StartFailure(
                    Cause.WORKSPACE_FAILED, "the workspace %s cannot be made (%s)".formatted(directory, e));
        }
    }

    /** @param privateDirectory where a Git configuration goes that must not lie in a shared directory */
    Site site(String taskId, Path privateDirectory, boolean cleanup) {
        Optional<Path> gitHome = switch (kind) {
            case OWN -> Optional.of(directory);
            case SHARED -> Optional.of(privateDirectory);
            case GIVEN -> Optional.empty();
        };
        return new Site(
                taskId, directory, gitHome.map(home -> home.resolve(".gitconfig")), kind == Kind.OWN && cleanup);
    }

    /** Whether a teardown command runs in it: what cleanup would remove is left as it is without cleanup. */
    boolean isTornDown(boolean cleanup) {
        return cleanup || kind == Kind.SHARED;
    }

    private static Path given(String workdir) throws StartFailure {
        try {
            Path path = Path.of(workdir);
            if (path.isAbsolute()) {
                return path;
            }
        } catch (InvalidPathException e) {
            // told below
        }
        throw refused("the working directory must be an absolute path that this host can express");
    }

    private static StartFailure refused(String message) {
        return new StartFailure(Cause.WORKSPACE_UNFIT, message);
    }
}
