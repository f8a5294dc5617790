package dev.slipway.cli;

import dev.slipway.cli.api.ApiClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "ps",
        description = "Lists tasks, the newest first, and what those that wait are waiting for.",
        mixinStandardHelpOptions = true)
final class PsCommand implements Runnable {
    @Option(
            names = "--state",
            description = "only those that are queued, launching, running, stopping, succeeded, failed or cancelled")
    private @Nullable String state;

    @Option(names = "--source", description = "only those from the control_plane, or from the api")
    private @Nullable String source;

    @Option(names = "--label", paramLabel = "KEY=VALUE", description = "only those with this label; repeatable")
    private List<String> labels = new ArrayList<>();

    @Option(names = "--limit", paramLabel = "N", defaultValue = "50", description = "at most so many (default: 50)")
    private int limit;

    @Mixin
    private StateDirOption services;

    @Mixin
    private OutputOption output;

    private final Host host;

    PsCommand(Host host) {
        this.host = host;
    }

    @Override
    public void run() {
        var page = services.api()
                .tasks(new ApiClient.Filter(Optional.ofNullable(state), Optional.ofNullable(source), labels, limit));
        var more = page.next().isPresent() ? "\n(there are more: see --limit)" : "";
        output.print(page.tasks(), TaskText.table(page.tasks(), host.clock().instant()) + more);
    }
}
