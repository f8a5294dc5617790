package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.acceptance.FaultPlan.Fault;
import dev.slipway.testkit.FakeControlPlane;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** The packaged services, and everything bad that is done to them. Of faults at the same time only one may end services. */
final class FaultyServices {
    private final Slipway slipway;
    private final FakeControlPlane controlPlane;
    private final FaultyBackend backend;
    private final Optional<SmallDisk> disk;

    /** Held while the disk is full, and while services are started: nobody can do that on a full disk. */
    private final ReentrantLock filling = new ReentrantLock();

    /**
     * @param slipway configured
     * @param disk of the state directory, if that has one of its own
     */
    FaultyServices(Slipway slipway, FakeControlPlane controlPlane, FaultyBackend backend, Optional<SmallDisk> disk) {
        this.slipway = slipway;
        this.controlPlane = controlPlane;
        this.backend = backend;
        this.disk = disk;
    }

    void carryOut(Fault fault) throws Exception {
        switch (fault) {
            case Fault.Kill(List<String> services, long down) -> {
                end(services, "KILL");
                pause(down);
                start();
            }
            case Fault.Restart(List<String> services) -> {
                end(services, "TERM");
                start();
            }
            case Fault.Pause(List<String> services, long length) -> halt(running(services), length);
            case Fault.Cut() -> controlPlane.cut();
            case Fault.HalfClose() -> controlPlane.halfClose();
            case Fault.Stall(long length) -> {
                controlPlane.stopReading();
                pause(length);
                controlPlane.resumeReading();
            }
            case Fault.FullDisk(long length) -> onFullDisk(() -> pause(length));
            case Fault.KillOnFullDisk(long length) -> {
                onFullDisk(() -> {
                    pause(length / 2);
                    end(slipway.services(), "KILL");
                    pause(length / 2);
                });
                start();
            }
            case Fault.OfBackend own -> backend.carryOut(own);
        }
    }

    private interface Deed {
        void perform() throws Exception;
    }

    /** Does nothing without a disk that may be filled. */
    private void onFullDisk(Deed deed) throws Exception {
        if (disk.isEmpty()) {
            return;
        }
        filling.lock();
        try {
            disk.get().fill();
            deed.perform();
        } finally {
            disk.get().empty();
            filling.unlock();
        }
    }

    /** Those that run now: while another fault ends services, some may not. */
    private List<ProcessHandle> running(List<String> services) throws IOException {
        JsonNode known = slipway.env().get("services");
        return services.stream()
                .filter(known::has)
                .flatMap(service ->
                        ProcessHandle.of(known.at("/" + service + "/pid").longValue()).stream())
                .toList();
    }

    /** SIGSTOP, and SIGCONT to the same processes: who is started meanwhile runs. */
    static void halt(List<ProcessHandle> halted, long length) throws IOException, InterruptedException {
        for (ProcessHandle service : halted) {
            signal(service, "STOP");
        }
        CompletableFuture.allOf(halted.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
                .completeOnTimeout(null, length, TimeUnit.MILLISECONDS)
                .join(); // sooner if another fault kills them
        for (ProcessHandle service : halted) {
            signal(service, "CONT");
        }
    }

    private void end(List<String> services, String signal) throws IOException, InterruptedException {
        List<ProcessHandle> ending = running(services);
        assertThat(ending).as("of %s", services).hasSameSizeAs(services);
        for (ProcessHandle service : ending) {
            signal(service, signal);
        }
        for (ProcessHandle service : ending) {
            await(service + " to end").atMost(Slipway.PATIENCE).until(() -> !Slipway.runs(service.pid()));
        }
    }

    /** Does nothing to a process that has ended, whoever has its pid now. */
    static void signal(ProcessHandle process, String signal) throws IOException, InterruptedException {
        if (!process.isAlive()) {
            return;
        }
        Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (kill.waitFor() != 0) {
            assertThat(process.isAlive()).as("%s can be signalled", process).isFalse();
        }
    }

    /** Starts what does not run. Whether the control plane is reached at once is no matter. */
    void start() throws Exception {
        filling.lock();
        try {
            Slipway.Result up = slipway.run(
                    slipway.upConfigured("--web-socket-url", controlPlane.uri().toString()));
            if (up.exitCode() != 0 && !up.err().contains("the control plane is not reached")) {
                throw new AssertionError("the services do not start again: " + up);
            }
        } finally {
            filling.unlock();
        }
    }

    /** The plan's own time passes. */
    static void pause(long millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(millis);
    }

    /** How long it takes after a SIGKILL of all services until so many running tasks are observed again. */
    double secondsToReturn(int runs) throws Exception {
        long begun = System.nanoTime();
        end(slipway.services(), "KILL");
        try (ExecutorService starter = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> up = starter.submit(() -> {
                start();
                return null;
            });
            await(runs + " runs to be observed again")
                    .atMost(Slipway.PATIENCE)
                    .pollInterval(Duration.ofMillis(20))
                    .ignoreExceptions()
                    .until(() -> isBack(runs));
            double seconds = (System.nanoTime() - begun) / 1e9;
            up.get();
            return seconds;
        }
    }

    /** Whether the executor has taken up so many runs of an earlier process, and the dispatcher sees them in its hands. */
    private boolean isBack(int runs) throws IOException, InterruptedException {
        String executor = slipway.env().at("/services/executor-direct/url").textValue();
        return slipway.metric(executor + "/metrics", "slipway_executor_adoptions_total") == runs
                && Slipway.JSON
                        .readTree(slipway.get("/api/v1/executors").body())
                        .at("/0/present")
                        .booleanValue()
                && running() == runs;
    }

    /** How many tasks run at an executor that is there. */
    long running() throws IOException, InterruptedException {
        JsonNode page = Slipway.JSON.readTree(
                slipway.get("/api/v1/tasks?state=running&limit=100").body());
        return page.get("tasks").findParents("executionId").stream()
                .filter(task -> !task.has("waiting"))
                .count();
    }
}
