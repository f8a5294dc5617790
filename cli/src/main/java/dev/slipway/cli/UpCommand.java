package dev.slipway.cli;

import dev.slipway.cli.services.LaunchRequest;
import dev.slipway.cli.services.LogLevel;
import dev.slipway.cli.services.ServiceName;
import dev.slipway.cli.services.Services;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
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
    private static final Duration DEATH_WATCH = Duration.ofHours(1);

    @Mixin
    private WorkerOptions worker;

    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            defaultValue = "8080",
            description = "of the API, on loopback; 0 = any free one (default: 8080)")
    private int httpPort;

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            defaultValue = "9464",
            description = "of /metrics and /health, on loopback; 0 = any free one (default: 9464)")
    private int metricsPort;

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            defaultValue = "info",
            description = "${COMPLETION-CANDIDATES} (default: info)")
    private LogLevel logLevel;

    @Option(
            names = "--foreground",
            description = "stays, and stops the services on Ctrl-C or SIGTERM, or when one of them ends")
    private boolean foreground;

    @Mixin
    private StateDirOption state;

    private final Host host;

    UpCommand(Host host) {
        this.host = host;
    }

    @Override
    public Integer call() throws InterruptedException {
        checkPort("--http-port", httpPort);
        checkPort("--metrics-port", metricsPort);
        var services = state.services();
        var stopRequest = new CountDownLatch(1);
        if (foreground) {
            host.interrupts().handle(signal -> stopRequest.countDown());
        }
        var launch = worker.launch(host, state.stateDir(), services.anyAlive());
        var running = services.ensure(new LaunchRequest(
                launch.settings(),
                launch.controlPlane(),
                httpPort,
                metricsPort,
                logLevel,
                LaunchRequest.Owner.OPERATOR));
        report(running);
        return foreground ? stayUntil(stopRequest, services) : 0;
    }

    private void report(Services.Running running) {
        var out = host.printer();
        if (running.started().isEmpty()) {
            out.println("all services run already");
        }
        running.env()
                .services()
                .forEach((service, process) -> out.println(
                        "%-16s ready, pid %d, log %s".formatted(service.wireName(), process.pid(), process.log())));
        out.println("API %s, metrics %s"
                .formatted(running.env().api(), running.env().metrics()));
        if (!running.connected()) {
            out.println("no control plane: local work only (an API key connects one: --api-key or WARP_API_KEY)");
        }
    }

    private int stayUntil(CountDownLatch stopRequest, Services services) throws InterruptedException {
        var died = new AtomicBoolean();
        Thread.ofVirtual().start(() -> {
            Optional<ServiceName> dead;
            do {
                dead = services.awaitDeath(DEATH_WATCH);
            } while (dead.isEmpty());
            host.say("the %s ended by itself. The end of its log:"
                    .formatted(dead.get().wireName()));
            host.err().println(services.logTail(dead.get()));
            died.set(true);
            stopRequest.countDown();
        });
        stopRequest.await();
        services.down();
        return died.get() ? 1 : 0;
    }

    private static void checkPort(String option, int port) {
        if (port < 0 || port > 65_535) {
            throw new CliFailure("%s: %d is not a port: give 0 to 65535".formatted(option, port));
        }
    }
}
