package dev.slipway.settings;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What an operator configures, as the services use it.
 *
 * @param workerId the name this worker has at the control plane
 * @param cleanup whether a task's workspace or container is removed when it has ended
 * @param maxConcurrentTasks how many tasks may run at once; 0: any number
 * @param idleOnComplete passed to the agent as it is
 * @param backend the one that is configured, if any is
 */
public record Settings(
        Optional<String> workerId,
        boolean cleanup,
        int maxConcurrentTasks,
        Optional<String> idleOnComplete,
        Optional<BackendSettings> backend,
        SlipwaySettings slipway) {
    private static final long MAX_FILE_BYTES = 16L << 20;

    /** What holds where no file says otherwise. */
    public static Settings defaults() {
        return new Settings(Optional.empty(), true, 0, Optional.empty(), Optional.empty(), SlipwaySettings.defaults());
    }

    /**
     * Reads a file.
     *
     * @throws InvalidSettings if it cannot be read, or with everything that is wrong in it
     */
    public static Settings load(Path file) {
        var source = file.toString();
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw unreadable(source, "the file is larger than 16 MiB");
            }
            return SettingsReader.read(source, Files.readString(file));
        } catch (NoSuchFileException e) {
            throw unreadable(source, "no such file");
        } catch (CharacterCodingException e) {
            throw unreadable(source, "the file is not UTF-8 text");
        } catch (IOException e) {
            throw unreadable(source, "the file cannot be read (%s)".formatted(e.getMessage()));
        }
    }

    /** @throws InvalidSettings with everything that is wrong in it */
    public static Settings parse(String yaml) {
        return SettingsReader.read("", yaml);
    }

    /**
     * These settings with flags laid over them.
     *
     * @throws InvalidSettings with everything that is wrong with the flags and the worker id
     */
    public Settings with(Flags flags) {
        var errors = new ArrayList<SettingsError>();
        var worker = given(flags.workerId()).or(() -> workerId);
        if (worker.filter(id -> id.startsWith("warp")).isPresent()) {
            errors.add(new SettingsError(
                    flags.workerId().isEmpty() ? "worker_id" : "--worker-id",
                    0,
                    "invalid worker-id: values starting with 'warp' are reserved and cannot be used"));
        }
        var chosen = flags.backend().map(this::backendOrDefaults).or(() -> backend);
        var environment = flags.environmentEntries(errors);
        if (!flags.targetDir().isEmpty() && chosen.isEmpty()) {
            errors.add(new SettingsError("--target-dir", 0, "only for the direct backend: add --backend direct"));
        }
        if (!flags.volumes().isEmpty() && chosen.isEmpty()) {
            errors.add(new SettingsError("-v/--volumes", 0, "only for the docker backend: add --backend docker"));
        }
        if (!environment.isEmpty() && chosen.isEmpty()) {
            errors.add(new SettingsError("-e/--env", 0, "no backend is chosen: add --backend direct"));
        }
        if (!errors.isEmpty()) {
            throw new InvalidSettings("", errors);
        }
        return new Settings(
                worker,
                cleanup && !flags.noCleanup(),
                flags.maxConcurrentTasks() == 0 ? maxConcurrentTasks : Math.max(0, flags.maxConcurrentTasks()),
                given(flags.idleOnComplete()).or(() -> idleOnComplete),
                chosen.map(settings -> settings.with(flags, environment)),
                slipway);
    }

    /** The same with relative paths taken from {@code directory}. */
    public Settings resolvedAgainst(Path directory) {
        return withBackend(backend.map(settings -> settings.resolvedAgainst(directory)));
    }

    /** The same with the values that are inherited from {@code host}, the host's variables by name. */
    public Settings withInherited(Function<String, @Nullable String> host) {
        return withBackend(backend.map(settings -> settings.withInherited(host)));
    }

    public Settings withBackend(Optional<BackendSettings> other) {
        return new Settings(workerId, cleanup, maxConcurrentTasks, idleOnComplete, other, slipway);
    }

    public Settings withSlipway(SlipwaySettings other) {
        return new Settings(workerId, cleanup, maxConcurrentTasks, idleOnComplete, backend, other);
    }

    /** The direct backend's settings, its defaults where it is not the one that is configured. */
    public Direct directOrDefaults() {
        return backend.orElse(null) instanceof Direct direct ? direct : Direct.defaults();
    }

    /** The docker backend's settings, its defaults where it is not the one that is configured. */
    public Docker dockerOrDefaults() {
        return backend.orElse(null) instanceof Docker docker ? docker : Docker.defaults();
    }

    /** The kubernetes backend's settings, its defaults where it is not the one that is configured. */
    public Kubernetes kubernetesOrDefaults() {
        return backend.orElse(null) instanceof Kubernetes kubernetes ? kubernetes : Kubernetes.defaults();
    }

    private BackendSettings backendOrDefaults(Backend kind) {
        return backend.filter(settings -> settings.kind() == kind).orElseGet(() -> BackendSettings.defaults(kind));
    }

    /** A file with these settings; it holds configured secrets in plain text. */
    public String toYaml() {
        return SettingsWriter.write(this);
    }

    private static Optional<String> given(String flag) {
        return Optional.of(flag).filter(value -> !value.isEmpty());
    }

    private static InvalidSettings unreadable(String source, String message) {
        return new InvalidSettings(source, List.of(new SettingsError("", 0, message)));
    }
}
