package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The first five minutes: {@code slipway run} without anything else. */
class RunIT extends InstalledTest {
    @Test
    void runsACommandAndExitsWithItsCode() throws Exception {
        Slipway.Result result = slipway.run("run", "--", "sh", "-c", "echo hello; exit 3");

        assertThat(result.out()).isEqualTo("hello\n");
        assertThat(result.exitCode()).isEqualTo(3);
        assertThat(slipway.processes()).as("it stops what it started").isEmpty();
    }

    @Test
    void runsInTheCallersDirectoryWithTheVariablesItIsGiven() throws Exception {
        slipway.with("INHERITED", "from the caller").with("UNWANTED", "not asked for");

        Slipway.Result result = slipway.run(
                "run",
                "--env",
                "INHERITED",
                "--env",
                "GIVEN=a=b",
                "--",
                "sh",
                "-c",
                "pwd; echo \"$INHERITED|$GIVEN|$UNWANTED\"; echo made > here");

        assertThat(result.out()).isEqualTo(directory.toRealPath() + "\nfrom the caller|a=b|\n");
        assertThat(directory.resolve("here")).exists();
    }

    @Test
    void failsWithItsOwnCodeAndTheReasonWhenTheCommandCannotRun() throws Exception {
        Slipway.Result missing = slipway.run("run", "--", "no-such-program-anywhere");
        Slipway.Result slow = slipway.run("run", "--timeout", "1s", "--", "sleep", "600");

        assertThat(missing.exitCode()).isEqualTo(125);
        assertThat(missing.err()).contains("no-such-program-anywhere");
        assertThat(slow.exitCode()).isEqualTo(125);
        assertThat(slow.err()).contains("timeout");
    }

    @Test
    void anInterruptCancelsTheTask() throws Exception {
        ProcessBuilder builder = slipway.builder(
                "run", "--", "sh", "-c", "echo started > '" + directory.resolve("mark") + "'; exec sleep 600");
        // Where these tests run as a script's background job, they and their children ignore this signal.
        builder.command().addAll(0, List.of("env", "--default-signal=INT"));
        Process run = builder.start();
        await().atMost(Slipway.PATIENCE).until(() -> Files.exists(directory.resolve("mark")));

        Slipway.signal(run.pid(), "INT");

        assertThat(run.waitFor(Slipway.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(run.exitValue()).isEqualTo(130);
        assertThat(slipway.processes()).isEmpty();
    }

    @Test
    void aDetachedTaskCanBeSeenReadAndCancelled() throws Exception {
        Slipway.Result detached = slipway.run(
                "run",
                "--detach",
                "--label",
                "team=blue",
                "--",
                "sh",
                "-c",
                "echo first; " + journal.note("start") + journal.waitAt("gate") + "echo last");
        assertThat(detached.exitCode()).as(detached.err()).isZero();
        String id = detached.out().strip();
        slipway.awaitState(id, "running");

        JsonNode listed = Slipway.JSON.readTree(slipway.run("ps", "-o", "json").out());
        assertThat(listed.toString()).contains(id).contains("\"team\":\"blue\"");
        assertThat(slipway.run("ps").out()).contains(id).containsIgnoringCase("running");
        Process follower = slipway.start("logs", id, "-f");
        journal.open("gate");
        assertThat(new String(follower.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo("first\nlast\n");
        assertThat(follower.waitFor(Slipway.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .isTrue();
        assertThat(slipway.run("logs", id).out()).isEqualTo("first\nlast\n");
        assertThat(slipway.run("show", id).out()).containsSubsequence("queued", "launching", "running", "succeeded");

        String second =
                slipway.run("run", "--detach", "--", "sleep", "600").out().strip();
        slipway.awaitState(second, "running");
        assertThat(slipway.run("cancel", second).exitCode()).isZero();
        slipway.awaitState(second, "cancelled");
    }

    @Test
    void upStartsWhatHasDiedAndDownStopsEverything() throws Exception {
        slipway.configure();
        slipway.up();
        assertThat(slipway.services()).containsExactlyInAnyOrder("dispatcher", "executor-direct");
        long dispatcher = slipway.process("dispatcher").pid();
        String api = slipway.env().get("api").textValue();
        slipway.kill("executor-direct");
        assertThat(slipway.run("status").out()).contains("executor-direct");

        slipway.up();

        assertThat(slipway.process("dispatcher").pid()).isEqualTo(dispatcher);
        assertThat(slipway.process("executor-direct").isAlive()).isTrue();
        slipway.kill("dispatcher");
        slipway.up();
        assertThat(slipway.env().get("api").textValue()).isEqualTo(api);
        assertThat(slipway.run("run", "--", "echo", "it works").out()).isEqualTo("it works\n");
    }

    @Test
    void inTheForegroundTheServicesEndWithASignalOrWithDown() throws Exception {
        for (String end : List.of("signal", "down")) {
            Process up = slipway.start(Slipway.upOnFreePorts("--foreground"));
            await().atMost(Slipway.PATIENCE)
                    .until(() -> up.inputReader().readLine().startsWith("API http"));
            if (end.equals("down")) {
                slipway.run("down");
            } else {
                Slipway.signal(up.pid(), "TERM");
            }

            assertThat(up.waitFor(Slipway.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            assertThat(up.exitValue()).as(end).isZero();
            assertThat(slipway.processes()).isEmpty();
        }
    }

    @Test
    void anUnreachableControlPlaneIsNoReasonToDoWithoutTheRest() throws Exception {
        slipway.with("WARP_API_KEY", "key").configure();

        Slipway.Result up = slipway.run(slipway.upConfigured("--web-socket-url", "ws://127.0.0.1:9/"));

        assertThat(up.exitCode()).isEqualTo(1);
        assertThat(up.err()).contains("the control plane is not reached", "goes on trying");
        assertThat(slipway.run("run", "--", "echo", "still here").out()).isEqualTo("still here\n");
    }

    @Test
    void upSaysWhyItFailsAndLeavesNothingRunning() throws Exception {
        slipway.configure();
        Files.writeString(directory.resolve("worker.yaml"), "worker_id: warp-1\n");

        Slipway.Result reserved = slipway.run("up", "--config-file", "worker.yaml", "--backend", "direct");
        Slipway.Result kubernetes = slipway.run("up", "--backend", "kubernetes");

        assertThat(reserved.exitCode()).isEqualTo(1);
        assertThat(reserved.err()).contains("reserved");
        assertThat(kubernetes.exitCode()).isEqualTo(1);
        assertThat(kubernetes.err()).contains("kubernetes");
        assertThat(slipway.processes()).isEmpty();
    }
}
