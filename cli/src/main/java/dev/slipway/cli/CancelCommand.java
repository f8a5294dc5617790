package dev.slipway.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "cancel",
        description = "Cancels a task. It has ended when nothing of it is left; 'slipway ps' shows when.",
        mixinStandardHelpOptions = true)
final class CancelCommand implements Runnable {
    @Parameters(paramLabel = "ID", description = "an execution, or a task (its newest execution)")
    private String id;

    @Mixin
    private StateDirOption services;

    @Mixin
    private OutputOption output;

    @Override
    public void run() {
        var task = services.api().cancel(id);
        output.print(
                task,
                "%s: %s"
                        .formatted(
                                TaskText.visible(task.executionId()),
                                task.state().wireName()));
    }
}
