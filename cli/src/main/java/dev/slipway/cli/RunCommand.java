package dev.slipway.cli;

import dev.slipway.cli.api.ApiClient;
import dev.slipway.cli.api.ApiFailure;
import dev.slipway.cli.api.OutputFollower;
import dev.slipway.cli.services.LaunchRequest;
import dev.slipway.cli.services.ListenAddress;
import dev.slipway.cli.services.LogLevel;
import dev.slipway.cli.services.PortWish;
import dev.slipway.cli.services.Services;
import dev.slipway.cli.services.StateDir;
import dev.slipway.protocol.Api;
import dev.slipway.protocol.SecretValue;
import dev.slipway.settings.Backend;
import dev.slipway.settings.Kubernetes;
import dev.slipway.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "run",
        sortOptions = false,
        synopsisHeading = "Usage: ",
        customSynopsis = "slipway run [OPTIONS] -- COMMAND [ARGUMENT...]",
        description = {
            "Runs a command as a task, prints its output as it comes, and exits with its exit code. Ctrl-C cancels the"
                    + " task; a second Ctrl-C does not wait for that.",
            "",
            "Services that run already are used; otherwise they are started, and stopped again afterwards.",
            ""
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "N:the command's own (128 + N if signal N ended it)",
            "125:the command could not be run to its end, for the reason that is printed",
            "130:cancelled with Ctrl-C (143: with SIGTERM)"
        })
final class RunCommand implements Callable<Integer> {
    /** The exit code for whatever is not the command's own doing. */
    static final int OWN_FAILURE = 125;

    @Option(
            names = "--image",
            paramLabel = "IMAGE",
            description = "runs the command in a container of this image, by the Docker engine")
    private @Nullable String image;

    @Option(
            names = {"-e", "--env"},
            paramLabel = "KEY[=VALUE]",
            description = "a variable for the command; without a value the caller's own; repeatable")
    private List<String> environment = new ArrayList<>();

    @Option(
            names = "--workdir",
            paramLabel = "DIR",
            description = "where the command runs (default: the current directory; with --image: /workspace)")
    private @Nullable String workdir;

    @Option(
            names = "--timeout",
            paramLabel = "SPAN",
            description = "ends the command after so long: 30s, 10m, 1h (default: never)")
    private @Nullable String timeout;

    @Option(names = "--label", paramLabel = "KEY=VALUE", description = "for finding it again with ps; repeatable")
    private List<String> labels = new ArrayList<>();

    @Option(
            names = "--title",
            paramLabel = "TEXT",
            description = "what ps and the traces call it (default: the program's name)")
    private @Nullable String title;

    @Option(
            names = "--detach",
            description = "prints the execution's id and returns at once; the services stay, until 'slipway down'")
    private boolean detach;

    @Mixin
    private StateDirOption state;

    @Parameters(paramLabel = "COMMAND", arity = "1..*", description = "the program and its arguments")
    private List<String> command = new ArrayList<>();

    private final Host host;

    RunCommand(Host host) {
        this.host = host;
    }

    @Override
    public Integer call() throws IOException {
        var submit = submission();
        var cancellation = new Cancellation(Thread.currentThread(), host);
        host.interrupts().handle(cancellation);
        try (var use = state.services().use(request(state.stateDir()))) {
            var api = StateDirOption.api(use.running().env());
            if (image != null) {
                requireImages(api);
            }
            cancellation.submitting();
            var task = submitted(api, submit, use);
            if (detach) {
                use.keepServices();
                host.printer().println(task.executionId());
                return 0;
            }
            cancellation.submitted(() -> api.cancel(task.executionId()));
            try {
                return exitCode(follow(api, task, cancellation), cancellation);
            } catch (RuntimeException | IOException e) {
                use.keepServices(); // without them nobody would look after the task any more
                host.say("the task may still run, and the services stay for it: 'slipway show %s'"
                        .formatted(task.executionId()));
                throw e;
            }
        } catch (RuntimeException e) {
            var signal = cancellation.signal();
            if (signal.isPresent()) {
                return signal.get().exitCode();
            }
            throw e;
        }
    }

    private Api.Task submitted(ApiClient api, Api.Submit submit, Services.Use use) {
        try {
            return api.submit(submit);
        } catch (ApiFailure e) {
            if (e.isFateUnknown()) {
                use.keepServices(); // it may run, and without them nobody would look after it
                host.say("it is not known whether the task was taken, and the services stay for it: 'slipway show %s'"
                        .formatted(submit.executionId().orElseThrow()));
            }
            throw e;
        }
    }

    private Api.Task follow(ApiClient api, Api.Task task, Cancellation cancellation) throws IOException {
        try (var toHost = new OutputToHost(host);
                var _ = host.terminal() ? new Progress(api, task, host::say) : null) {
            return new OutputFollower(api, task.executionId(), OutputFollower.Limits.USUAL)
                    .follow(new RunOutput(toHost, e -> {
                        host.say("the output cannot be written (%s): cancelling the task".formatted(e.getMessage()));
                        cancellation.cancelNow();
                    }));
        }
    }

    private int exitCode(Api.Task ended, Cancellation cancellation) {
        var code = RunResult.of(ended, cancellation.signal());
        code.message().ifPresent(host::say);
        return code.exitCode();
    }

    private LaunchRequest request(StateDir dir) {
        // Those of an earlier 'up' stay in force: agents it left behind are found where they were started.
        var settings = Files.exists(dir.settingsFile())
                ? Optional.<Settings>empty()
                : Optional.of(WorkerOptions.localSettings(dir));
        return new LaunchRequest(
                settings,
                Optional.empty(),
                PortWish.ANY,
                ListenAddress.loopback(0),
                LogLevel.INFO,
                detach ? LaunchRequest.Owner.OPERATOR : LaunchRequest.Owner.RUN,
                image == null || runsJobs(dir) ? Set.of() : Set.of(Backend.DOCKER));
    }

    /** A cluster takes images, too: no engine of this host is needed for them then. */
    private static boolean runsJobs(StateDir dir) {
        return Files.exists(dir.settingsFile())
                && Settings.load(dir.settingsFile())
                        .backend()
                        .filter(Kubernetes.class::isInstance)
                        .isPresent();
    }

    private static void requireImages(ApiClient api) {
        if (api.executors().stream()
                .noneMatch(executor -> executor.present() && executor.backend().runsImages())) {
            throw new CliFailure("no executor here runs images: leave --image out to run the command on this host, or"
                    + " start the services with 'slipway down' and 'slipway up --backend docker'");
        }
    }

    private Api.Submit submission() {
        return new Api.Submit(
                Optional.of(UUID.randomUUID().toString()),
                command,
                Optional.ofNullable(image),
                variables(),
                image == null ? Optional.of(directory().toString()) : Optional.ofNullable(workdir),
                Optional.ofNullable(timeout).map(TimeSpans::parse).map(Duration::toSeconds),
                labelMap(),
                Optional.empty(),
                Optional.of(Optional.ofNullable(title).orElseGet(this::programName)));
    }

    /** Not the whole command: its arguments may hold secrets, and titles are shown and traced. */
    private String programName() {
        var name = Path.of(command.getFirst()).getFileName();
        return name == null ? command.getFirst() : name.toString();
    }

    private Path directory() {
        var directory = host.path(Optional.ofNullable(workdir).orElse(""));
        if (!Files.isDirectory(directory)) {
            throw new CliFailure("--workdir: %s is no directory".formatted(directory));
        }
        return directory;
    }

    private Map<String, SecretValue> variables() {
        var variables = new LinkedHashMap<String, SecretValue>();
        for (var entry : environment) {
            var parts = entry.split("=", 2);
            if (parts[0].isEmpty() || parts[0].contains(" ") || parts[0].contains("\t")) {
                throw new CliFailure("-e/--env: a variable's name is not empty and holds no space or tab");
            }
            var value = parts.length == 2 ? parts[1] : host.environment().getOrDefault(parts[0], "");
            variables.put(parts[0], SecretValue.of(value));
        }
        return variables;
    }

    private Map<String, String> labelMap() {
        var map = new LinkedHashMap<String, String>();
        for (var label : labels) {
            var parts = label.split("=", 2);
            if (parts.length < 2 || parts[0].isEmpty()) {
                throw new CliFailure("--label: write KEY=VALUE");
            }
            map.put(parts[0], parts[1]);
        }
        return map;
    }
}
