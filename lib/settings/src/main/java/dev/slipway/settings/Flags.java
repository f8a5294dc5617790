package dev.slipway.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The launcher's flags that say the same as keys of the file, and win over them. 0 and "" mean that a flag is not set.
 *
 * @param backend the backend to run; a block of another one in the file is then ignored
 * @param noCleanup wins over {@code cleanup}
 * @param volumes for the docker backend, after the file's
 * @param environment values of {@code -e}: {@code KEY=VALUE}, or {@code KEY} to inherit; they come after the file's
 */
public record Flags(
        Optional<Backend> backend,
        String workerId,
        boolean noCleanup,
        int maxConcurrentTasks,
        String idleOnComplete,
        String targetDir,
        List<String> volumes,
        List<Secret> environment) {
    public Flags {
        volumes = List.copyOf(volumes);
        environment = List.copyOf(environment);
    }

    public static Flags none() {
        return new Flags(Optional.empty(), "", false, 0, "", "", List.of(), List.of());
    }

    /** The entries that {@code -e} stands for; what is wrong with one is added to {@code errors}. */
    List<EnvironmentEntry> environmentEntries(List<SettingsError> errors) {
        var entries = new ArrayList<EnvironmentEntry>();
        for (var flag : environment) {
            var parts = flag.reveal().split("=", 2);
            var fault = EnvironmentEntry.fault(parts[0]);
            if (fault.isPresent()) {
                errors.add(new SettingsError("-e/--env", 0, fault.get()));
            } else {
                entries.add(new EnvironmentEntry(
                        parts[0], parts.length == 2 ? Optional.of(new Secret(parts[1])) : Optional.empty()));
            }
        }
        return entries;
    }
}
