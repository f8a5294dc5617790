package dev.slipway.settings;

/**
 * One thing wrong with the settings.
 *
 * @param path the key, for example {@code backend.direct.environment[1].name}, or the flag; empty for the whole file
 * @param line in the file, counted from 1; 0 when the error has no place in a file
 * @param message cause and remedy; never holds a configured value that may be secret
 */
public record SettingsError(String path, int line, String message) {
    @Override
    public String toString() {
        return (line > 0 ? "line " + line + ": " : "") + (path.isEmpty() ? "" : path + ": ") + message;
    }
}
