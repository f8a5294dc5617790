package dev.slipway.cli;

import dev.slipway.cli.api.ApiClient;
import dev.slipway.cli.api.ApiFailure;
import dev.slipway.cli.services.ServiceName;
import dev.slipway.protocol.TaskState;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "down",
        description = "Stops the services. Agents that run go on, and the next 'slipway up' finds them again.",
        mixinStandardHelpOptions = true)
final class DownCommand implements Runnable {
    private static final int COUNTED = 500;

    @Option(
            names = "--stop-tasks",
            description =
                    "ends the running tasks first, as graceful_shutdown (the default with slipway.on_shutdown: stop)")
    private boolean stopTasks;

    @Mixin
    private StateDirOption services;

    private final Host host;

    DownCommand(Host host) {
        this.host = host;
    }

    @Override
    public void run() {
        boolean anyAlive = services.services().anyAlive();
        if (anyAlive && stopTasks) {
            TaskStop.perform(services, host);
        } else if (anyAlive) {
            TaskStop.performIfConfigured(services, host);
        }
        var running = anyAlive ? runningAgents() : "";
        var stopped = services.services().down();
        host.printer()
                .println(
                        stopped.isEmpty()
                                ? "no services run in " + services.stateDir().path()
                                : "stopped: "
                                        + stopped.stream()
                                                .map(ServiceName::wireName)
                                                .collect(Collectors.joining(", ")));
        if (!running.isEmpty()) {
            host.printer().println(running);
        }
    }

    private String runningAgents() {
        try {
            var api = services.api();
            long count = 0;
            for (var state : TaskState.values()) {
                if (state.isActive()) {
                    count += api.tasks(new ApiClient.Filter(
                                    Optional.of(state.wireName()), Optional.empty(), List.of(), COUNTED))
                            .tasks()
                            .size();
                }
            }
            return count == 0
                    ? ""
                    : "%d running %s left alone: the next 'slipway up' finds %s again"
                            .formatted(count, count == 1 ? "task is" : "tasks are", count == 1 ? "it" : "them");
        } catch (ApiFailure | CliFailure e) {
            return ""; // the dispatcher is away: then nobody knows, and stopping the rest must still work
        }
    }
}
