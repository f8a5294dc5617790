package dev.slipway.cli;

import dev.slipway.cli.services.ControlPlane;
import dev.slipway.cli.services.SearchPath;
import dev.slipway.cli.services.StateDir;
import dev.slipway.protocol.SecretValue;
import dev.slipway.settings.Backend;
import dev.slipway.settings.Direct;
import dev.slipway.settings.Docker;
import dev.slipway.settings.DockerRules;
import dev.slipway.settings.Flags;
import dev.slipway.settings.Secret;
import dev.slipway.settings.Settings;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The flags of the worker daemon that Slipway takes the place of. */
final class WorkerOptions {
    @Option(names = "--config-file", paramLabel = "FILE", defaultValue = "", description = "the settings, in YAML")
    private String configFile;

    @Option(
            names = "--backend",
            paramLabel = "BACKEND",
            defaultValue = "",
            description =
                    "where tasks run: docker, as containers, kubernetes, as Jobs of a cluster, or direct, as processes of this host (default: the file's; docker with an API key, else direct)")
    private String backend;

    @Option(
            names = "--api-key",
            paramLabel = "KEY",
            defaultValue = "",
            description = "of the control plane; better given as WARP_API_KEY. Without one: local work only")
    private String apiKey;

    @Option(
            names = "--worker-id",
            paramLabel = "ID",
            defaultValue = "",
            description = "the name of this worker at the control plane")
    private String workerId;

    @Option(names = "--web-socket-url", paramLabel = "URL", defaultValue = "", description = "of the control plane")
    private String webSocketUrl;

    @Option(
            names = "--server-root-url",
            paramLabel = "URL",
            defaultValue = "",
            description = "given to the agents (default: https://app.warp.dev)")
    private String serverRootUrl;

    @Option(
            names = "--session-sharing-server-url",
            paramLabel = "URL",
            defaultValue = "",
            description = "given to the agents")
    private String sessionSharingServerUrl;

    @Option(
            names = "--target-dir",
            paramLabel = "DIR",
            defaultValue = "",
            description = "one existing directory that all tasks share, instead of a workspace each")
    private String targetDir;

    @Option(names = "--no-cleanup", description = "keeps the workspaces of tasks that have ended")
    private boolean noCleanup;

    @Option(
            names = {"-e", "--env"},
            paramLabel = "KEY[=VALUE]",
            description = "a variable for every task; without a value this host's own; repeatable")
    private List<String> environment = new ArrayList<>();

    @Option(
            names = {"-v", "--volumes"},
            paramLabel = "VOLUME",
            description = "HOST:CONTAINER[:MODE], mounted into every container (docker); repeatable")
    private List<String> volumes = new ArrayList<>();

    @Option(
            names = "--max-concurrent-tasks",
            paramLabel = "N",
            defaultValue = "0",
            description = "so many tasks run at once, others wait (default: 0, no limit)")
    private int maxConcurrentTasks;

    @Option(
            names = "--idle-on-complete",
            paramLabel = "DURATION",
            defaultValue = "",
            description = "passed on to the agents as it is")
    private String idleOnComplete;

    /** @param settings absent: nothing is configured, so that those of the last start stay in force */
    record Launch(Optional<Settings> settings, Optional<ControlPlane> controlPlane) {}

    /**
     * What the flags, the file and the environment come to.
     *
     * @param running whether services run already
     * @throws CliFailure or {@link dev.slipway.settings.InvalidSettings} if it cannot be run
     */
    Launch launch(Host host, StateDir dir, boolean running) {
        var key = given(apiKey).or(() -> given(host.environment().getOrDefault("WARP_API_KEY", "")));
        var controlPlane = key.map(value -> new ControlPlane(
                SecretValue.of(value), given(webSocketUrl), given(serverRootUrl), given(sessionSharingServerUrl)));
        var file = given(configFile).map(name -> Settings.load(host.path(name)));
        var flags = flags();
        if (file.isEmpty() && flags.equals(Flags.none()) && (running || Files.exists(dir.settingsFile()))) {
            // Those of the last start stay in force: agents it left behind are looked after as they were started.
            if (key.isPresent() && !running) {
                checkWorker(Settings.load(dir.settingsFile()), host);
            }
            return new Launch(Optional.empty(), controlPlane);
        }
        var configured = file.orElseGet(Settings::defaults);
        if (key.isPresent() && configured.backend().isEmpty() && backend.isEmpty()) {
            // Running its agents on the host instead is for the operator to choose.
            configured = configured.withBackend(Optional.of(Docker.defaults()));
        }
        var settings = configured.with(flags);
        if (settings.backend().isEmpty()) {
            settings = settings.withBackend(Optional.of(localWork(dir)));
        }
        sayWhatIsIgnored(settings, host);
        if (key.isPresent()) {
            checkWorker(settings, host);
        }
        return new Launch(
                Optional.of(settings.resolvedAgainst(host.directory()).withInherited(host.environment()::get)),
                controlPlane);
    }

    private void sayWhatIsIgnored(Settings settings, Host host) {
        if (!volumes.isEmpty() && settings.backend().orElseThrow().kind() != Backend.DOCKER) {
            host.say("-v/--volumes is for the docker backend only, and is ignored");
        }
    }

    private static void checkWorker(Settings settings, Host host) {
        if (settings.workerId().isEmpty()) {
            throw new CliFailure("worker-id is required (via --worker-id flag or config file)");
        }
        if (settings.backend().filter(Direct.class::isInstance).isEmpty()) {
            return; // its agents are in images
        }
        var oz = settings.directOrDefaults().ozPath();
        if (oz.isEmpty() && SearchPath.find("oz", host.environment()).isEmpty()) {
            throw new CliFailure(
                    "there is no 'oz' on PATH, which the control plane's tasks need: install it, or name it"
                            + " with backend.direct.oz_path in the config file");
        }
        if (oz.filter(path -> path.contains("/")
                        && !Files.isExecutable(host.directory().resolve(path)))
                .isPresent()) {
            throw new CliFailure(
                    "%s, which backend.direct.oz_path names, is no program: the control plane's tasks need it"
                            .formatted(oz.get()));
        }
    }

    /** Where commands of one's own run when nothing is configured. */
    static Direct localWork(StateDir dir) {
        return Direct.defaults().withWorkspaceRoot(dir.defaultWorkspaceRoot());
    }

    /** An image that is here need not be pulled, as with the engine's own client. */
    static Settings localSettings(StateDir dir) {
        var settings = Settings.defaults().withBackend(Optional.of(localWork(dir)));
        return settings.withSlipway(settings.slipway()
                .withDocker(settings.slipway().docker().withPullPolicy(DockerRules.PullPolicy.MISSING)));
    }

    private Flags flags() {
        return new Flags(
                given(backend).map(WorkerOptions::backend),
                workerId,
                noCleanup,
                maxConcurrentTasks,
                idleOnComplete,
                targetDir,
                volumes,
                environment.stream().map(Secret::new).toList());
    }

    private static Backend backend(String name) {
        if (name.equals("command")) {
            throw new CliFailure(
                    "--backend command does not exist in Slipway: use --backend docker, kubernetes or direct");
        }
        return Backend.ofWireName(name)
                .orElseThrow(() -> new CliFailure("--backend %s is unknown: use --backend docker, kubernetes or direct"
                        .formatted(TaskText.visible(name))));
    }

    private static Optional<String> given(String value) {
        return Optional.of(value).filter(text -> !text.isEmpty());
    }
}
