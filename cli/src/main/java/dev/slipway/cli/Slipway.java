package dev.slipway.cli;

import dev.slipway.cli.api.ApiFailure;
import dev.slipway.settings.InvalidSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line as a whole. */
@Command(
        name = "slipway",
        description = "Runs cloud-agent tasks, and commands of your own, on this host.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        subcommands = {
            RunCommand.class,
            UpCommand.class,
            DownCommand.class,
            StatusCommand.class,
            PsCommand.class,
            LogsCommand.class,
            ShowCommand.class,
            CancelCommand.class,
            CheckCommand.class,
            DoctorCommand.class
        },
        footer = {
            "",
            "Try it, with nothing else installed or running:",
            "  slipway run -- sh -c 'echo hello; exit 3'",
            "",
            "Take tasks from a control plane:",
            "  WARP_API_KEY=... slipway up --backend direct --worker-id my-host",
            "",
            "'slipway COMMAND --help' tells more about a command."
        })
final class Slipway implements Runnable {
    @Spec
    private CommandSpec spec;

    /** @return the exit code */
    static int run(Host host, String... arguments) {
        var line = new CommandLine(new Slipway(), new CommandFactory(host))
                .setExpandAtFiles(false)
                .setOverwrittenOptionsAllowed(true)
                .setOut(new PrintWriter(host.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(host.err(), true, StandardCharsets.UTF_8))
                .setParameterExceptionHandler((e, args) -> {
                    host.say(String.valueOf(e.getMessage()));
                    host.say("see '%s --help'"
                            .formatted(e.getCommandLine().getCommandSpec().qualifiedName()));
                    return failureOf(e.getCommandLine());
                })
                .setExecutionExceptionHandler((e, command, result) -> {
                    if (e instanceof CliFailure || e instanceof ApiFailure || e instanceof InvalidSettings) {
                        String.valueOf(e.getMessage()).lines().forEach(host::say);
                    } else {
                        host.say("an error in Slipway itself:");
                        e.printStackTrace(host.err());
                    }
                    return failureOf(command);
                });
        // What follows the command to run is its own, even if it looks like an option of ours.
        Optional.ofNullable(line.getSubcommands().get("run")).ifPresent(run -> run.setStopAtPositional(true));
        int code = line.execute(arguments);
        try {
            host.out().flush();
        } catch (IOException e) {
            return code == 0 ? 1 : code; // nobody reads the result
        }
        return code;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "what shall it do? Give a command, for example 'run'");
    }

    private static int failureOf(CommandLine command) {
        return command.getCommandName().equals("run") ? RunCommand.OWN_FAILURE : 1;
    }
}
