package dev.slipway.settings;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One configured variable of the tasks' environment.
 *
 * @param value absent: inherited from the environment of the process that runs the tasks
 */
public record EnvironmentEntry(String name, Optional<Secret> value) {

    /**
     * The variables that a list of entries stands for: later entries win, and what is inherited but missing on the host
     * becomes the empty string.
     *
     * @param host the host's variables by name
     */
    public static Map<String, Secret> resolve(List<EnvironmentEntry> entries, Function<String, @Nullable String> host) {
        var resolved = new LinkedHashMap<String, Secret>();
        for (var entry : entries) {
            entry.withInherited(host).value().ifPresent(value -> resolved.put(entry.name(), value));
        }
        return resolved;
    }

    static List<EnvironmentEntry> withInherited(
            List<EnvironmentEntry> entries, Function<String, @Nullable String> host) {
        return entries.stream().map(entry -> entry.withInherited(host)).toList();
    }

    private EnvironmentEntry withInherited(Function<String, @Nullable String> host) {
        return value.isPresent()
                ? this
                : new EnvironmentEntry(
                        name,
                        Optional.of(
                                new Secret(Optional.ofNullable(host.apply(name)).orElse(""))));
    }

    /** What is wrong with a variable's name, if anything. */
    static Optional<String> fault(String name) {
        if (name.isEmpty()) {
            return Optional.of("the variable's name is empty");
        }
        if (name.indexOf(' ') >= 0 || name.indexOf('\t') >= 0) {
            return Optional.of("the variable's name \"%s\" holds a space or tab".formatted(name));
        }
        if (name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
            return Optional.of("a variable's name cannot hold '=' or a NUL character");
        }
        return Optional.empty();
    }
}
