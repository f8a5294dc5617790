package dev.slipway.cli.services;

import dev.slipway.cli.CliFailure;
import dev.slipway.cli.Deadline;
import dev.slipway.cli.services.LaunchRecord.ProcessMark;
import dev.slipway.protocol.SecretValue;
import dev.slipway.settings.Backend;
import dev.slipway.settings.BackendSettings;
import dev.slipway.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** The services of one state directory: starts what is missing, waits until all are ready, stops them. */
public final class Services {
    static final Duration STOP_PATIENCE = Duration.ofSeconds(15);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final int PORT_TRIES = 3;
    private static final int TOKEN_BYTES = 32;

    private final StateDir dir;
    private final Installation installation;
    private final Map<String, String> environment;
    private final Consumer<String> notes;
    private final Readiness readiness = new Readiness();

    /**
     * @param environment of the caller; the services inherit it, without the secrets that are not theirs
     * @param notes told what is unusual but no failure, in words
     */
    public Services(StateDir dir, Installation installation, Map<String, String> environment, Consumer<String> notes) {
        this.dir = dir;
        this.installation = installation;
        this.environment = environment;
        this.notes = notes;
    }

    /**
     * What {@link #ensure} came to.
     *
     * @param started the services it had to start
     * @param connected whether a control plane is configured
     */
    public record Running(EnvFile env, List<ServiceName> started, boolean connected) {}

    /** What can be said about one service. */
    public record Status(
            ServiceName service, Optional<EnvFile.Service> process, boolean alive, Optional<String> obstacle) {
        public boolean ready() {
            return alive && obstacle.isEmpty();
        }
    }

    public StateDir dir() {
        return dir;
    }

    /** Whether any service of the state directory is alive. */
    public boolean anyAlive() {
        return dir.launchRecord()
                .map(Services::alive)
                .filter(alive -> !alive.isEmpty())
                .isPresent();
    }

    /** Every service that is or should be there, in the order of starting. */
    public List<Status> status() {
        var files = dir.envFile().map(EnvFile::services).orElseGet(Map::of);
        return dir.launchRecord()
                .map(launch -> Arrays.stream(ServiceName.values())
                        .filter(service -> launch.process(service).isPresent())
                        .map(service -> status(launch, service, Optional.ofNullable(files.get(service))))
                        .toList())
                .orElseGet(List::of);
    }

    private Status status(LaunchRecord launch, ServiceName service, Optional<EnvFile.Service> process) {
        boolean alive = launch.isAlive(service);
        var obstacle = alive
                ? readiness.obstacle(launch.healthUrl(service))
                : Optional.of("it has died: 'slipway up' starts it again");
        return new Status(service, process, alive, obstacle);
    }

    /**
     * Starts the services that are missing and waits until all are ready; for the control plane, see {@link #awaitConnection}.
     *
     * @throws CliFailure if one does not become ready, with the end of its log; what was started is stopped again
     */
    public Running ensure(LaunchRequest request) {
        dir.prepare();
        try (var _ = dir.lockServices()) {
            return ensureLocked(request);
        }
    }

    /** As {@link #ensure}, and the services stay at least until the answered use is closed or ended. */
    public Use use(LaunchRequest request) {
        dir.prepare();
        try (var _ = dir.lockServices()) {
            var user = dir.lockAsUser();
            try {
                return new Use(ensureLocked(request), user);
            } catch (RuntimeException e) {
                user.close();
                throw e;
            }
        }
    }

    /** A command's need for the services. */
    public final class Use implements AutoCloseable {
        private final Running running;
        private final StateDir.Lock lock;

        private Use(Running running, StateDir.Lock lock) {
            this.running = running;
            this.lock = lock;
        }

        public Running running() {
            return running;
        }

        /** Leaves the services running when the use ends. */
        public void keepServices() {
            try (var _ = dir.lockServices()) {
                dir.launchRecord()
                        .map(launch -> launch.withOwner(LaunchRequest.Owner.OPERATOR))
                        .ifPresent(dir::write);
            }
        }

        /** Stops the services, unless somebody else uses them or an operator started them. */
        @Override
        public void close() {
            Thread.interrupted(); // what ended the command must not cut this short
            try (var _ = dir.lockServices()) {
                lock.close();
                var launch = dir.launchRecord().filter(record -> record.owner() == LaunchRequest.Owner.RUN);
                if (launch.isEmpty()) {
                    return;
                }
                var unused = dir.lockAgainstUsers();
                if (unused.isPresent()) {
                    try (var _ = unused.get()) {
                        stop(launch.get());
                    }
                }
            }
        }
    }

    /**
     * Stops every service; running agents are left alone.
     *
     * @return the services that were alive
     */
    public List<ServiceName> down() {
        if (!Files.isDirectory(dir.path())) {
            return List.of();
        }
        try (var _ = dir.lockServices()) {
            return dir.launchRecord().map(this::stop).orElseGet(List::of);
        }
    }

    /**
     * Waits until the connector is connected to the control plane.
     *
     * @return what keeps it from that when {@code patience} is over, or at once if it has died
     */
    public Optional<String> awaitConnection(Duration patience) throws InterruptedException {
        var deadline = Deadline.in(patience);
        while (true) {
            var obstacle = status().stream()
                    .filter(status -> status.service() == ServiceName.CONNECTOR)
                    .flatMap(status -> status.obstacle().stream())
                    .findFirst();
            if (obstacle.isEmpty() || deadline.passed() || !isConnectorAlive()) {
                return obstacle;
            }
            TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
        }
    }

    private boolean isConnectorAlive() {
        return dir.launchRecord()
                .filter(launch -> launch.isAlive(ServiceName.CONNECTOR))
                .isPresent();
    }

    /** How a set of services came to an end. */
    public sealed interface End {
        /** A service ended by itself. */
        record Died(ServiceName service) implements End {}

        /** Another command stopped them all. */
        record Stopped() implements End {}
    }

    /**
     * Waits until a service ends by itself or another command stops them all.
     *
     * @return empty when {@code patience} is over first
     */
    public Optional<End> awaitEnd(Duration patience) {
        var launch = dir.launchRecord();
        var deadline = Deadline.in(patience);
        while (!deadline.passed()) {
            if (firstDead(launch).isPresent()) {
                try (var _ = dir.lockServices()) { // whoever stops or starts services is done with it then
                    launch = dir.launchRecord();
                }
                if (launch.filter(record -> !record.processes().isEmpty()).isEmpty()) {
                    return Optional.of(new End.Stopped());
                }
                var dead = firstDead(launch);
                if (dead.isPresent()) {
                    return dead.map(End.Died::new);
                }
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        return Optional.empty();
    }

    private static Optional<ServiceName> firstDead(Optional<LaunchRecord> launch) {
        return launch.stream()
                .flatMap(record -> record.processes().keySet().stream().filter(service -> !record.isAlive(service)))
                .findFirst();
    }

    /** The end of a service's log, for people. */
    public String logTail(ServiceName service) {
        return LogTail.of(dir.logFile(service), 0);
    }

    /** What the services will log from now on. */
    public LogEcho logEcho() {
        return new LogEcho(Arrays.stream(ServiceName.values()).map(dir::logFile).toList());
    }

    private Running ensureLocked(LaunchRequest request) {
        var remembered = dir.launchRecord();
        var alive = remembered.map(Services::alive).orElseGet(Set::of);
        var plan = LaunchPlan.of(request, remembered, alive, backends(request, remembered, alive));
        request.settings().filter(_ -> !alive.isEmpty()).ifPresent(this::refuseAnotherWorker);
        if (plan.unheeded()
                || (!alive.isEmpty()
                        && request.settings().filter(this::differFromFile).isPresent())) {
            notes.accept("services that run already keep their earlier settings: 'slipway down' first changes them");
        }
        var launch = new LaunchRecord(
                remembered.map(LaunchRecord::apiToken).orElseGet(Services::newToken),
                remembered.map(LaunchRecord::internalToken).orElseGet(Services::newToken),
                remembered.map(LaunchRecord::ports).orElseGet(Map::of),
                remembered.map(LaunchRecord::metrics).orElseGet(() -> ListenAddress.loopback(0)),
                aliveOnly(remembered.map(LaunchRecord::processes).orElseGet(Map::of), alive),
                plan.owner(),
                request.logLevel(),
                plan.controlPlane());
        if (!plan.start().isEmpty() && (alive.isEmpty() || !Files.exists(dir.settingsFile()))) {
            request.settings().ifPresent(settings -> dir.writeSettings(settings.toYaml()));
        }
        dir.write(launch);
        start(launch, plan);
        return new Running(
                dir.envFile().orElseThrow(),
                List.copyOf(plan.start().keySet()),
                plan.controlPlane().isPresent());
    }

    private Set<Backend> backends(LaunchRequest request, Optional<LaunchRecord> remembered, Set<ServiceName> alive) {
        var written = Files.exists(dir.settingsFile())
                ? Optional.of(Settings.load(dir.settingsFile()))
                : Optional.<Settings>empty();
        var settings = alive.isEmpty() ? request.settings().or(() -> written) : written.or(request::settings);
        var backends = EnumSet.of(
                settings.flatMap(Settings::backend).map(BackendSettings::kind).orElse(Backend.DIRECT));
        boolean isOperators = !alive.isEmpty()
                && remembered
                        .filter(launch -> launch.owner() == LaunchRequest.Owner.OPERATOR)
                        .isPresent();
        if (!isOperators) {
            backends.addAll(request.besides());
        }
        return backends;
    }

    private void start(LaunchRecord launch, LaunchPlan plan) {
        for (int tries = 1; ; tries++) {
            var start = new Start(dir, installation, environment, Ports.choose(launch, plan, notes), notes);
            try {
                start.run(plan.start().keySet());
                return;
            } catch (RuntimeException e) {
                Thread.interrupted(); // what ended the start must not cut this short
                start.undo();
                if (!(e instanceof Start.PortTaken) || tries == PORT_TRIES) {
                    throw e;
                }
            }
        }
    }

    /** The services would go on as the worker that they are, and nobody would look after the other one's tasks. */
    private void refuseAnotherWorker(Settings settings) {
        var running = Settings.load(dir.settingsFile()).workerId();
        if (settings.workerId().isPresent() && !settings.workerId().equals(running)) {
            throw new CliFailure(
                    "services run already in %s, as %s: 'slipway down' first, or give this worker a directory of its own with --state-dir"
                            .formatted(
                                    dir.path(),
                                    running.map(id -> "worker " + id).orElse("no worker of a control plane")));
        }
    }

    private boolean differFromFile(Settings settings) {
        try {
            return !Files.readString(dir.settingsFile()).equals(settings.toYaml());
        } catch (IOException e) {
            return true;
        }
    }

    private List<ServiceName> stop(LaunchRecord launch) {
        var stopped = new ArrayList<ServiceName>();
        for (var service : Arrays.asList(ServiceName.values()).reversed()) {
            if (launch.isAlive(service)) {
                stopped.add(service);
                if (Processes.stop(launch.process(service).orElseThrow(), STOP_PATIENCE)) {
                    notes.accept("the %s did not end within %d seconds and was killed"
                            .formatted(service.wireName(), STOP_PATIENCE.toSeconds()));
                }
            }
        }
        dir.write(launch.stopped());
        return stopped;
    }

    private static Set<ServiceName> alive(LaunchRecord launch) {
        var alive = EnumSet.noneOf(ServiceName.class);
        launch.processes().keySet().stream().filter(launch::isAlive).forEach(alive::add);
        return alive;
    }

    private static Map<ServiceName, ProcessMark> aliveOnly(
            Map<ServiceName, ProcessMark> processes, Set<ServiceName> alive) {
        var result = new EnumMap<ServiceName, ProcessMark>(ServiceName.class);
        result.putAll(processes);
        result.keySet().retainAll(alive);
        return result;
    }

    static SecretValue newToken() {
        var bytes = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(bytes);
        return SecretValue.of(HexFormat.of().formatHex(bytes));
    }
}
