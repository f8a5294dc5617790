package dev.slipway.cli.services;

import dev.slipway.cli.CliFailure;
import dev.slipway.cli.Deadline;
import dev.slipway.settings.Settings;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One try at starting services, which can be undone if it fails. */
final class Start {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String EXECUTOR_CHECK = "executor";

    /** What an executor says of a preflight that has. */
    static final String PASSED = "passed";

    private static final String FAILED = "failed";

    private static final long POLL_MILLIS = 100;

    private final StateDir dir;
    private final Installation installation;
    private final Map<String, String> environment;
    private final Consumer<String> notes;
    private final Readiness readiness = new Readiness();
    private final Set<String> told = new HashSet<>();
    private final Map<ServiceName, Process> started = new EnumMap<>(ServiceName.class);
    private final Map<ServiceName, Long> logStarts = new EnumMap<>(ServiceName.class);
    private LaunchRecord launch;

    /**
     * @param launch with the ports of all services, and the processes of those that are alive
     * @param notes told what is waited for, if it is not the services themselves
     */
    Start(
            StateDir dir,
            Installation installation,
            Map<String, String> environment,
            LaunchRecord launch,
            Consumer<String> notes) {
        this.dir = dir;
        this.installation = installation;
        this.environment = environment;
        this.launch = launch;
        this.notes = notes;
    }

    /** A service ended, and its port is in use: somebody took it between the choice and the start. */
    static final class PortTaken extends CliFailure {
        PortTaken(String message) {
            super(message);
        }
    }

    /**
     * Starts the services, all at once, and waits until these and those that were alive are ready. A connector need only have
     * started: whether the control plane can be reached is no reason to do without the rest.
     *
     * @throws CliFailure if one is not, with the end of its log
     */
    void run(Collection<ServiceName> services) {
        dir.write(launch);
        services.forEach(this::start);
        awaitReady();
    }

    /**
     * Starts an executor alone, and waits until its preflight has passed or failed.
     *
     * @return what it says of itself, by name
     * @throws CliFailure if it says nothing, with the end of its log
     */
    Map<String, String> ask(ServiceName executor) {
        dir.write(launch);
        start(executor);
        var deadline = Deadline.in(PATIENCE);
        while (true) {
            if (!launch.isAlive(executor)) {
                throw died(executor);
            }
            var words = readiness.words(launch.healthUrl(executor), EXECUTOR_CHECK);
            if (List.of(PASSED, FAILED).contains(words.getOrDefault("preflight", ""))) {
                return words;
            }
            if (deadline.passed()) {
                throw failure(executor, "its preflight has not ended after %d seconds".formatted(PATIENCE.toSeconds()));
            }
            pause(executor);
        }
    }

    /** Stops what {@link #run} or {@link #ask} has started. */
    void undo() {
        for (var service : List.copyOf(started.keySet()).reversed()) {
            launch.process(service).ifPresent(mark -> Processes.stop(mark, Services.STOP_PATIENCE));
            launch = launch.withoutProcess(service);
        }
        dir.write(launch.processes().isEmpty() ? launch.stopped() : launch);
    }

    private void start(ServiceName service) {
        var log = dir.openLog(service);
        var builder = new ProcessBuilder(installation.command(service, environment))
                .directory(dir.path().toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(Redirect.appendTo(log.toFile()))
                .redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(ServiceEnvironment.of(service, launch, dir, exposesApiKey(), environment));
        try {
            logStarts.put(service, Files.size(log));
            var process = builder.start();
            started.put(service, process);
            launch = launch.withProcess(
                    service, Processes.mark(process.pid()).orElseThrow(() -> failure(service, "it ended at once")));
            dir.write(launch);
        } catch (IOException e) {
            throw new CliFailure("the %s cannot be started: %s".formatted(service.wireName(), e.getMessage()));
        }
    }

    private boolean exposesApiKey() {
        return Files.exists(dir.settingsFile())
                && Settings.load(dir.settingsFile()).slipway().exposeApiKey();
    }

    /** Also of the services that were alive already: they may wait for one that was not. */
    private void awaitReady() {
        var deadline = Deadline.in(PATIENCE);
        var waiting = EnumSet.noneOf(ServiceName.class);
        waiting.addAll(launch.processes().keySet());
        while (!waiting.isEmpty()) {
            waiting.stream()
                    .filter(service -> !launch.isAlive(service))
                    .findFirst()
                    .ifPresent(service -> {
                        throw died(service);
                    });
            var service = waiting.iterator().next();
            var obstacle = service == ServiceName.CONNECTOR
                    ? readiness.obstacleToLife(launch.healthUrl(service))
                    : readiness.obstacle(launch.healthUrl(service));
            if (obstacle.isEmpty()) {
                waiting.remove(service);
            } else if (deadline.passed()) {
                throw failure(
                        service,
                        "it is not ready after %d seconds (%s)".formatted(PATIENCE.toSeconds(), obstacle.get()));
            } else {
                noteTrouble(service);
                pause(service);
            }
        }
    }

    /** An engine that is away may come, or be started, while this waits for it. */
    private void noteTrouble(ServiceName service) {
        var words = readiness.words(launch.healthUrl(service), EXECUTOR_CHECK);
        var trouble = words.getOrDefault("trouble", "");
        if (FAILED.equals(words.get("preflight")) && told.add(trouble)) {
            notes.accept("the %s waits: %s".formatted(service.wireName(), trouble));
        }
    }

    /** Ends early if the service does. */
    private void pause(ServiceName service) {
        try {
            @Nullable Process process = started.get(service);
            if (process == null) {
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            } else {
                process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CliFailure("the start was interrupted");
        }
    }

    private CliFailure died(ServiceName service) {
        var how = Optional.ofNullable(started.get(service))
                .filter(process -> !process.isAlive())
                .map(process -> "it ended with code " + process.exitValue())
                .orElse("it has died");
        boolean taken = !Ports.isFree(launch.port(service))
                || (service == ServiceName.DISPATCHER
                        && !Ports.isFree(launch.metrics().port()));
        return taken ? new PortTaken(describe(service, how)) : failure(service, how);
    }

    private CliFailure failure(ServiceName service, String how) {
        return new CliFailure(describe(service, how));
    }

    private String describe(ServiceName service, String how) {
        return "the %s did not start: %s. The end of its log, %s:\n%s"
                .formatted(
                        service.wireName(),
                        how,
                        dir.logFile(service),
                        LogTail.of(dir.logFile(service), logStarts.getOrDefault(service, 0L)));
    }
}
