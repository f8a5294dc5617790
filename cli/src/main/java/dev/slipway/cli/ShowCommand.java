package dev.slipway.cli;

import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "show",
        description = "Prints what is known of a task, and everything that happened to it.",
        mixinStandardHelpOptions = true)
final class ShowCommand implements Runnable {
    @Parameters(paramLabel = "ID", description = "an execution, or a task (its newest execution)")
    private String id;

    @Mixin
    private StateDirOption services;

    @Mixin
    private OutputOption output;

    @Override
    public void run() {
        var api = services.api();
        var task = api.task(id);
        var events = api.events(task.executionId());
        output.print(Map.of("task", task, "events", events), TaskText.timeline(task, events));
    }
}
