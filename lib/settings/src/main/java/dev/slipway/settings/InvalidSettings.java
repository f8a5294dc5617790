package dev.slipway.settings;

import java.util.List;
import java.util.stream.Collectors;

/** The settings cannot be used; holds everything that is wrong with them. */
public final class InvalidSettings extends RuntimeException {
    private final transient List<SettingsError> errors;

    InvalidSettings(String source, List<SettingsError> errors) {
        super(describe(source, errors));
        this.errors = List.copyOf(errors);
    }

    /** In the order of the file; never empty. */
    public List<SettingsError> errors() {
        return errors;
    }

    private static String describe(String source, List<SettingsError> errors) {
        var prefix = source.isEmpty() ? "" : source + ": ";
        return errors.stream().map(error -> prefix + error).collect(Collectors.joining("\n"));
    }
}
