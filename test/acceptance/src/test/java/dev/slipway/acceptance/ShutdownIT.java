package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.testkit.Received;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What becomes of running tasks when Slipway is shut down and they are to end: each is told, and what waits keeps its place. */
class ShutdownIT extends ControlPlaneTest {
    @Test
    void endsTheRunningTasksAndKeepsTheWaitingOnes() throws Exception {
        slipway.configure("max_concurrent_tasks: 1");
        up();
        assign("running", journal.note("start") + "sleep 600");
        journal.awaitLine("start running");
        assign("waiting", journal.note("start") + "exit 0");
        controlPlane.awaitClaim("waiting");

        Slipway.Result down = slipway.run("down", "--stop-tasks");

        assertThat(down.exitCode()).as("%s", down).isZero();
        assertThat(controlPlane.awaitFailed("running").failureReason()).contains("graceful_shutdown");
        assertThat(slipway.processes()).isEmpty();
        assertThat(journal.count("start waiting")).isZero();

        up();
        controlPlane.awaitCompleted("waiting");
        assertThat(journal.count("start waiting")).isEqualTo(1);
        assertThat(controlPlane.received("running").stream().filter(Received::isResult))
                .as("it is told once, or again, but never otherwise")
                .allMatch(result -> result.failureReason()
                        .filter("graceful_shutdown"::equals)
                        .isPresent());
    }

    /** The signal may come before the start is complete. */
    @Test
    void endsTheRunningTasksInTheForegroundToo() throws Exception {
        slipway.configure("slipway: {on_shutdown: stop}");
        Process up = slipway.with("WARP_API_KEY", "key")
                .start(slipway.upConfigured(
                        "--web-socket-url", controlPlane.uri().toString(), "--foreground"));
        controlPlane.awaitConnection(1);
        assign("running", journal.note("start") + "sleep 600");
        journal.awaitLine("start running");

        Slipway.signal(up.pid(), "TERM");

        assertThat(up.waitFor(Slipway.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(up.exitValue()).isZero();
        assertThat(slipway.processes()).isEmpty();
        up();
        assertThat(controlPlane.awaitFailed("running").failureReason()).contains("graceful_shutdown");
    }

    @Test
    void anExecutorThatIsShutDownEndsItsTasksFirstIfThatIsConfigured() throws Exception {
        slipway.configure("slipway: {on_shutdown: stop}");
        up();
        assign("running", journal.note("start") + "trap 'echo bye; exit 0' TERM; sleep 600 & wait");
        journal.awaitLine("start running");
        slipway.awaitState("running", "running");
        ProcessHandle executor = slipway.process("executor-direct");

        slipway.signal("executor-direct", "TERM");

        assertThat(controlPlane.awaitFailed("running").failureReason()).contains("graceful_shutdown");
        await("the executor to end").atMost(Slipway.PATIENCE).until(() -> !Slipway.runs(executor.pid()));
        assertThat(slipway.get("/api/v1/tasks/running/logs").body()).isEqualTo("bye\n");
    }
}
