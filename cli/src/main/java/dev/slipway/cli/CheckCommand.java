package dev.slipway.cli;

import dev.slipway.settings.Backend;
import dev.slipway.settings.Flags;
import dev.slipway.settings.Settings;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "check",
        sortOptions = false,
        description = "Says whether a settings file is valid, and everything that is wrong in it.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:it is valid", "1:it is not"})
final class CheckCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "as for --config-file")
    private String file;

    private final Host host;

    CheckCommand(Host host) {
        this.host = host;
    }

    @Override
    public Integer call() {
        var settings = Settings.load(host.path(file)).with(Flags.none());
        var backend = settings.backend()
                .map(chosen -> chosen.kind().wireName())
                .orElse(Backend.DOCKER.wireName() + ", the default");
        host.printer()
                .println("%s is valid (worker id: %s; backend: %s)"
                        .formatted(file, settings.workerId().orElse("none, give --worker-id"), backend));
        return 0;
    }
}
