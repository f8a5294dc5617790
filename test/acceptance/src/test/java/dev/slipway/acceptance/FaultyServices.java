package dev.slipway.acceptance;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.acceptance.FaultPlan.Fault;
import dev.slipway.testkit.FakeControlPlane;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The packaged services, and everything bad that is done to them.
 *
 * @param slipway configured
 * @param disk of the state directory, if that has one of its own
 */
record FaultyServices(Slipway slipway, FakeControlPlane controlPlane, Optional<SmallDisk> disk) {
    void carryOut(Fault fault) throws Exception {
        switch (fault) {
            case Fault.Kill(List<String> services, long down) -> {
                kill(services);
                pause(down);
                start();
            }
            case Fault.Restart(List<String> services) -> {
                signal(services, "TERM");
                awaitEnd(services);
                start();
            }
            case Fault.Pause(List<String> services, long length) -> {
                signal(services, "STOP");
                pause(length);
                signal(services, "CONT");
            }
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
                    kill(slipway.services());
                    pause(length / 2);
                });
                start();
            }
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
        disk.get().fill();
        try {
            deed.perform();
        } finally {
            disk.get().empty();
        }
    }

    private void kill(List<String> services) throws IOException, InterruptedException {
        signal(services, "KILL");
        awaitEnd(services);
    }

    private void signal(List<String> services, String signal) throws IOException, InterruptedException {
        for (String service : services) {
            slipway.signal(service, signal);
        }
    }

    private void awaitEnd(List<String> services) throws IOException {
        for (String service : services) {
            long pid = slipway.env().get("services").get(service).get("pid").longValue();
            await(service + " to end").atMost(Slipway.PATIENCE).until(() -> !Slipway.runs(pid));
        }
    }

    /** Starts what does not run. Whether the control plane is reached at once is no matter. */
    void start() throws Exception {
        Slipway.Result up = slipway.run(
                slipway.upConfigured("--web-socket-url", controlPlane.uri().toString()));
        if (up.exitCode() != 0 && !up.err().contains("the control plane is not reached")) {
            throw new AssertionError("the services do not start again: " + up);
        }
    }

    /** The plan's own time passes. */
    static void pause(long millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(millis);
    }

    /** How long it takes after a SIGKILL of all services until so many running tasks are observed again. */
    double secondsToReturn(int runs) throws Exception {
        long begun = System.nanoTime();
        kill(slipway.services());
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
