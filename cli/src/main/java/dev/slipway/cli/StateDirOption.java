package dev.slipway.cli;

import dev.slipway.cli.api.ApiClient;
import dev.slipway.cli.services.EnvFile;
import dev.slipway.cli.services.Services;
import dev.slipway.cli.services.StateDir;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which services a command is about. */
final class StateDirOption {
    @Option(
            names = "--state-dir",
            paramLabel = "DIR",
            description = "where Slipway keeps its state (default: $XDG_STATE_HOME/slipway or ~/.local/state/slipway)")
    private @Nullable String dir;

    private final Host host;

    StateDirOption(Host host) {
        this.host = host;
    }

    StateDir stateDir() {
        return host.stateDir(Optional.ofNullable(dir));
    }

    Services services() {
        return new Services(stateDir(), host.installation(), host.environment(), host::say);
    }

    /** The API of the services that run. */
    ApiClient api() {
        var stateDir = stateDir();
        return stateDir.envFile()
                .filter(env -> !env.services().isEmpty())
                .map(StateDirOption::api)
                .orElseThrow(() -> new CliFailure(
                        "no services run in %s: start them with 'slipway up', or name another directory with --state-dir"
                                .formatted(stateDir.path())));
    }

    static ApiClient api(EnvFile env) {
        return new ApiClient(env.api(), env.token());
    }
}
