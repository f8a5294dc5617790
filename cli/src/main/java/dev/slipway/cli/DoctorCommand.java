package dev.slipway.cli;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.slipway.cli.services.SearchPath;
import dev.slipway.cli.services.Services;
import dev.slipway.cli.services.StateDir;
import dev.slipway.cli.services.Trial;
import dev.slipway.settings.BackendSettings;
import dev.slipway.settings.InvalidSettings;
import dev.slipway.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "doctor",
        sortOptions = false,
        description = {
            "Says whether tasks can run here, and what to mend if not. It takes the options of 'up'. Services that run are"
                    + " asked; otherwise the backend is tried by an executor that is started for a moment.",
            ""
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:tasks can run", "1:something is to be mended"})
final class DoctorCommand implements Callable<Integer> {
    /** Room for logs, and for a ledger of some thousand tasks. */
    private static final long LITTLE_BYTES = 1L << 30;

    @Mixin
    private WorkerOptions worker;

    @Mixin
    private StateDirOption state;

    @Mixin
    private OutputOption output;

    private final Host host;
    private final List<Line> lines = new ArrayList<>();

    DoctorCommand(Host host) {
        this.host = host;
    }

    enum Level {
        OK,
        NOTE,
        FAIL;

        @JsonValue
        String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    record Line(Level level, String about, String words) {}

    @Override
    public Integer call() {
        var dir = state.stateDir();
        add(Level.OK, "java", Runtime.version().toString());
        program("setsid", "install it (Debian: apt-get install util-linux)");
        place(dir);
        var services = state.services().status();
        services.forEach(this::service);
        var settings = settings(dir, services);
        if (services.isEmpty()) {
            settings.ifPresent(found -> backend(dir, found));
        }
        output.print(
                lines,
                TaskText.columns(lines.stream()
                        .map(line -> List.of(line.level().wireName(), line.about(), TaskText.visible(line.words())))
                        .toList()));
        return lines.stream().anyMatch(line -> line.level() == Level.FAIL) ? 1 : 0;
    }

    private void program(String name, String remedy) {
        SearchPath.find(name, host.environment())
                .ifPresentOrElse(
                        found -> add(Level.OK, name, found.toString()),
                        () -> add(Level.FAIL, name, "it is not on PATH: " + remedy));
    }

    private void place(StateDir dir) {
        try {
            var existing = existing(dir.path());
            long free = Files.getFileStore(existing).getUsableSpace();
            var words = "%s, %d MiB free".formatted(dir.path(), free >> 20);
            if (!Files.isDirectory(existing) || !Files.isWritable(existing)) {
                add(
                        Level.FAIL,
                        "state directory",
                        "%s cannot be written: give another with --state-dir".formatted(existing));
            } else if (free < LITTLE_BYTES) {
                add(Level.NOTE, "state directory", words + ": results and logs are kept there, make room");
            } else {
                add(Level.OK, "state directory", words);
            }
        } catch (IOException e) {
            add(Level.FAIL, "state directory", "%s: %s".formatted(dir.path(), e.getMessage()));
        }
    }

    private static Path existing(Path path) {
        var found = path;
        while (!Files.exists(found) && found.getParent() != null) {
            found = found.getParent();
        }
        return found;
    }

    private void service(Services.Status status) {
        status.obstacle()
                .ifPresentOrElse(
                        obstacle -> add(Level.FAIL, status.service().wireName(), obstacle),
                        () -> add(Level.OK, status.service().wireName(), "ready"));
    }

    /** Empty if they cannot be used. */
    private Optional<Settings> settings(StateDir dir, List<Services.Status> services) {
        try {
            var launch = worker.launch(host, dir, !services.isEmpty());
            var settings = launch.settings().orElseGet(() -> Settings.load(dir.settingsFile()));
            add(
                    Level.OK,
                    "settings",
                    "backend %s, %s"
                            .formatted(
                                    settings.backend().orElseThrow().kind().wireName(),
                                    settings.workerId()
                                            .map(id -> "worker " + id)
                                            .orElse("no worker id")));
            if (launch.controlPlane().isEmpty() && services.isEmpty()) {
                add(
                        Level.NOTE,
                        "control plane",
                        "none, local work only (an API key connects one: --api-key or WARP_API_KEY)");
            }
            return Optional.of(settings);
        } catch (CliFailure | InvalidSettings e) {
            String.valueOf(e.getMessage()).lines().forEach(line -> add(Level.FAIL, "settings", line));
            return Optional.empty();
        }
    }

    private void backend(StateDir dir, Settings settings) {
        var kind = settings.backend().map(BackendSettings::kind).orElseThrow();
        try {
            var finding = new Trial(dir, host.installation(), host.environment()).of(kind, settings);
            if (!finding.trouble().isEmpty()) {
                add(Level.FAIL, kind.wireName(), finding.trouble());
            } else {
                add(Level.OK, kind.wireName(), finding.engine().isEmpty() ? "tasks can run" : finding.engine());
            }
            if (!finding.remarks().isEmpty()) {
                add(Level.NOTE, kind.wireName(), finding.remarks());
            }
        } catch (CliFailure e) {
            add(Level.FAIL, kind.wireName(), String.valueOf(e.getMessage()));
        }
    }

    private void add(Level level, String about, String words) {
        lines.add(new Line(level, about, words));
    }
}
