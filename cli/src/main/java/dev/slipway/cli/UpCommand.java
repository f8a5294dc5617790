package dev.slipway.cli;

import dev.slipway.cli.services.LaunchRequest;
import dev.slipway.cli.services.LogEcho;
import dev.slipway.cli.services.LogLevel;
import dev.slipway.cli.services.PortWish;
import dev.slipway.cli.services.ServiceName;
import dev.slipway.cli.services.Services;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "up",
        sortOptions = false,
        description = {
            "Starts the services, and returns when all are ready: a dispatcher, an executor and, with an API key, the"
                    + " connector that takes tasks from the control plane. Services that run already are left alone; any"
                    + " that died are started again.",
            ""
        },
        mixinStandardHelpOptions = true)
final class UpCommand implements Callable<Integer> {
    private static final int USUAL_PORT = 8080;
    private static final Duration CONNECTING = Duration.ofSeconds(20);
    private static final Duration LOOK = Duration.ofMillis(200);

    @Mixin
    private WorkerOptions worker;

    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            description = "of the API, on loopback; 0 = any free one (default: 8080, or any free one if that is taken)")
    private @Nullable Integer httpPort;

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            description = "of /metrics and /health, on loopback or OTEL_EXPORTER_PROMETHEUS_HOST; 0 = any free one"
                    + " (default: OTEL_EXPORTER_PROMETHEUS_PORT, else 9464)")
    private @Nullable Integer metricsPort;

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            defaultValue = "info",
            description = "${COMPLETION-CANDIDATES} (default: info)")
    private LogLevel logLevel;

    @Option(
            names = "--foreground",
            description = "stays and prints the services' logs; stops the services on Ctrl-C or SIGTERM, or when one of"
                    + " them ends")
    private boolean foreground;

    @Mixin
    private StateDirOption state;

    private final Host host;

    UpCommand(Host host) {
        this.host = host;
    }

    @Override
    public Integer call() throws InterruptedException {
        var http = httpPort == null ? PortWish.rather(USUAL_PORT) : PortWish.only(checkPort("--http-port", httpPort));
        var metrics = MetricsOption.of(host.environment(), Optional.ofNullable(metricsPort), host::say);
        var services = state.services();
        var logs = services.logEcho();
        var stop = new Stop(Thread.currentThread());
        host.interrupts().handle(stop);
        try {
            var launch = worker.launch(host, state.stateDir(), services.anyAlive());
            var running = services.ensure(new LaunchRequest(
                    launch.settings(), launch.controlPlane(), http, metrics, logLevel, LaunchRequest.Owner.OPERATOR));
            if (!foreground) {
                var obstacle = running.connected() ? services.awaitConnection(CONNECTING) : Optional.<String>empty();
                report(running, obstacle);
                return obstacle.isEmpty() ? 0 : 1;
            }
            report(running, Optional.empty());
        } catch (CliFailure | InterruptedException e) {
            if (stop.signal().isPresent()) {
                return endedBy(stop, stop.signal().get(), services);
            }
            throw e;
        }
        return stay(stop, services, logs);
    }

    /** Services of a start that was interrupted are gone already; those that only waited for the control plane are not. */
    private int endedBy(Stop stop, Interrupts.Signal signal, Services services) {
        stop.interruptNoMore();
        if (foreground) {
            if (services.anyAlive()) {
                TaskStop.performIfConfigured(state, host);
            }
            services.down();
            return 0;
        }
        return signal.exitCode();
    }

    private void report(Services.Running running, Optional<String> obstacle) {
        var out = host.printer();
        if (running.started().isEmpty()) {
            out.println("all services run already");
        }
        running.env().services().forEach((service, process) -> {
            var state = service == ServiceName.CONNECTOR ? connection(obstacle) : "ready";
            out.println("%-16s %s, pid %d, log %s".formatted(service.wireName(), state, process.pid(), process.log()));
        });
        out.println("API %s, metrics %s"
                .formatted(running.env().api(), running.env().metrics()));
        if (!running.connected()) {
            out.println("no control plane: local work only (an API key connects one: --api-key or WARP_API_KEY)");
        }
        obstacle.ifPresent(words -> {
            host.say(
                    "the control plane is not reached: %s. The services stay, and the connector goes on trying; the end of its log:"
                            .formatted(words));
            host.err().println(state.services().logTail(ServiceName.CONNECTOR));
        });
    }

    /** In the foreground nobody has waited for it. */
    private String connection(Optional<String> obstacle) {
        if (foreground) {
            return "connecting";
        }
        return obstacle.isEmpty() ? "ready" : "not connected";
    }

    /** Until a signal asks to stop, or the services end otherwise. */
    private int stay(Stop stop, Services services, LogEcho logs) {
        stop.interruptNoMore();
        Optional<Services.End> end = Optional.empty();
        while (end.isEmpty() && stop.signal().isEmpty()) {
            print(logs);
            end = services.awaitEnd(LOOK);
        }
        if (end.orElse(null) instanceof Services.End.Died(ServiceName dead)) {
            host.say("the %s ended by itself. The end of its log:".formatted(dead.wireName()));
            host.err().println(services.logTail(dead));
            services.down();
            return 1;
        }
        if (end.isEmpty()) {
            TaskStop.performIfConfigured(state, host);
        }
        services.down();
        print(logs);
        return 0;
    }

    private void print(LogEcho logs) {
        try {
            logs.copyTo(host.out());
        } catch (IOException e) {
            // nobody reads them here; they are in the files
        }
    }

    /** Remembers the signal, and ends the start. */
    private static final class Stop implements Interrupts.Handler {
        private @Nullable Thread starting;
        private Interrupts.@Nullable Signal signal;

        Stop(Thread starting) {
            this.starting = starting;
        }

        @Override
        public synchronized void handle(Interrupts.Signal received) {
            signal = received;
            if (starting != null) {
                starting.interrupt();
            }
        }

        synchronized void interruptNoMore() {
            starting = null;
            Thread.interrupted();
        }

        synchronized Optional<Interrupts.Signal> signal() {
            return Optional.ofNullable(signal);
        }
    }

    static int checkPort(String option, int port) {
        if (port < 0 || port > 65_535) {
            throw new CliFailure("%s: %d is not a port: give 0 to 65535".formatted(option, port));
        }
        return port;
    }
}
