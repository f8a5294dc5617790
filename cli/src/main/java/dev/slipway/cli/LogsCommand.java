package dev.slipway.cli;

import dev.slipway.cli.api.OutputFollower;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "logs", description = "Prints a task's output.", mixinStandardHelpOptions = true)
final class LogsCommand implements Callable<Integer> {
    @Parameters(paramLabel = "ID", description = "an execution, or a task (its newest execution)")
    private String id;

    @Option(
            names = {"-f", "--follow"},
            description = "goes on until the task has ended")
    private boolean follow;

    @Mixin
    private StateDirOption services;

    private final Host host;

    LogsCommand(Host host) {
        this.host = host;
    }

    @Override
    public Integer call() throws IOException {
        var api = services.api();
        if (follow) {
            try (var output = new OutputToHost(host)) {
                new OutputFollower(api, id, OutputFollower.Limits.USUAL).follow(output);
            }
        } else {
            api.copyOutput(id, host.out());
        }
        return 0;
    }
}
