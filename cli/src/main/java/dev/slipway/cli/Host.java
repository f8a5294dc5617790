package dev.slipway.cli;

import dev.slipway.cli.services.Installation;
import dev.slipway.cli.services.StateDir;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/**
 * What the commands know of the process they run in: the one place that reads it.
 *
 * @param out where results go, byte by byte
 * @param err where everything else goes
 * @param terminal whether {@code err} is a terminal
 * @param directory the caller's
 */
public record Host(
        OutputStream out,
        PrintStream err,
        boolean terminal,
        Path directory,
        Map<String, String> environment,
        Installation installation,
        Interrupts interrupts,
        InstantSource clock) {

    /** The path with a leading {@code ~} replaced, taken from the caller's directory. */
    Path path(String text) {
        var home = environment.getOrDefault("HOME", System.getProperty("user.home"));
        var expanded = text.equals("~") || text.startsWith("~/") ? home + text.substring(1) : text;
        return directory.resolve(expanded).normalize();
    }

    StateDir stateDir(Optional<String> given) {
        return given.map(dir -> new StateDir(path(dir))).orElseGet(() -> StateDir.usual(environment));
    }

    /** Prints a line for people. */
    void say(String line) {
        err.println("slipway: " + line);
    }

    /** Prints a result. */
    PrintStream printer() {
        return new PrintStream(out, true, StandardCharsets.UTF_8);
    }
}
