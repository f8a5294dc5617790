package dev.slipway.cli.services;

import dev.slipway.cli.CliFailure;
import dev.slipway.settings.Backend;
import dev.slipway.settings.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

/** Starts an executor for a moment, apart from all services, to learn whether its backend lets it work. */
public final class Trial {
    private final StateDir home;
    private final Installation installation;
    private final Map<String, String> environment;

    /**
     * @param home of the services that are to come; no command starts them meanwhile
     * @param environment of the caller; the executor inherits it, without the secrets that are not its own
     */
    public Trial(StateDir home, Installation installation, Map<String, String> environment) {
        this.home = home;
        this.installation = installation;
        this.environment = environment;
    }

    /**
     * What the executor says of its backend.
     *
     * @param trouble why no task can run on it, with the remedy; empty if tasks can
     * @param engine what they run on; empty where there is nothing to say
     * @param remarks what an operator should know all the same; empty if nothing
     */
    public record Finding(String trouble, String engine, String remarks) {
        static Finding of(Map<String, String> words) {
            return new Finding(
                    Start.PASSED.equals(words.get("preflight"))
                            ? ""
                            : words.getOrDefault("trouble", "it says no reason"),
                    words.getOrDefault("engine", ""),
                    words.getOrDefault("remarks", ""));
        }
    }

    /** @throws CliFailure if the executor itself cannot be started */
    public Finding of(Backend backend, Settings settings) {
        home.prepare();
        try (var _ = home.lockServices()) {
            return find(ServiceName.executorOf(backend), settings);
        }
    }

    private Finding find(ServiceName executor, Settings settings) {
        var scratch = scratch();
        try {
            var dir = new StateDir(scratch);
            dir.prepare();
            dir.writeSettings(settings.toYaml());
            var start = new Start(dir, installation, environment, launch(executor), _ -> {});
            try {
                return Finding.of(start.ask(executor));
            } finally {
                start.undo();
            }
        } finally {
            delete(scratch);
        }
    }

    /** The dispatcher's port is one where nobody listens: there is no work to be had. */
    private static LaunchRecord launch(ServiceName executor) {
        var launch = new LaunchRecord(
                Services.newToken(),
                Services.newToken(),
                Map.of(),
                ListenAddress.loopback(0),
                Map.of(),
                LaunchRequest.Owner.RUN,
                LogLevel.INFO,
                Optional.empty());
        return launch.withPorts(Ports.free(ServiceName.DISPATCHER, executor), launch.metrics());
    }

    private static Path scratch() {
        try {
            return Files.createTempDirectory("slipway-doctor-"); // its owner's alone
        } catch (IOException e) {
            throw new CliFailure("no temporary directory can be made: " + e.getMessage());
        }
    }

    private static void delete(Path scratch) {
        try (var files = Files.walk(scratch)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.deleteIfExists(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (IOException | UncheckedIOException e) {
            throw new CliFailure("%s cannot be removed: %s".formatted(scratch, e.getMessage()));
        }
    }
}
