package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.slipway.testkit.Assignment;
import dev.slipway.testkit.FakeControlPlane;
import dev.slipway.testkit.Received;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a control plane may expect of every worker with the direct backend: Slipway, the daemon it takes the place of, or any
 * other. The property {@code slipway.conformance.worker} names another one's command line, split at spaces; it is started with
 * the flags and the file that all of them share, and must stay in the foreground.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConformanceIT {
    private static final String WORKER = System.getProperty("slipway.conformance.worker", "");

    private Path directory;
    private FakeControlPlane controlPlane;
    private Journal journal;
    private Slipway slipway;
    private Process worker;

    @BeforeAll
    void start(@TempDir Path temp) throws Exception {
        directory = temp;
        journal = new Journal(directory);
        controlPlane = FakeControlPlane.start(Slipway.PATIENCE, 0);
        slipway = new Slipway(directory).with("WARP_API_KEY", "conformance-key").with("HOST_SECRET", "of the host");
        Files.writeString(
                slipway.configure().resolveSibling("oz"),
                "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"" + directory + "/arguments-$TASK_ID\"\n" + "env > \"" + directory
                        + "/environment-$TASK_ID\"\neval \"$PLAY\"\n");
        List<String> flags = List.of(
                "--config-file",
                directory.resolve("worker.yaml").toString(),
                "--backend",
                "direct",
                "--worker-id",
                "conformance",
                "--web-socket-url",
                controlPlane.uri() + "?worker_id=replaced&kept=1",
                "--server-root-url",
                "https://root.example",
                "-e",
                "FROM_FLAG=flag");
        worker = WORKER.isEmpty()
                ? slipway.start(Slipway.upOnFreePorts(
                        Stream.concat(Stream.of("--foreground"), flags.stream()).toArray(String[]::new)))
                : other(flags);
        controlPlane.awaitConnection(1);
    }

    private Process other(List<String> flags) throws IOException {
        List<String> command = new ArrayList<>(List.of(WORKER.split(" ")));
        command.addAll(flags);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("worker.log").toFile());
        builder.environment().putAll(Map.of("WARP_API_KEY", "conformance-key", "HOST_SECRET", "of the host"));
        return builder.start();
    }

    /** It says goodbye when it is asked to end. */
    @AfterAll
    void stop() throws Exception {
        try {
            Slipway.signal(worker.pid(), "TERM");
            assertThat(worker.waitFor(Slipway.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .as("it ends")
                    .isTrue();
            assertThat(worker.exitValue()).isZero();
            controlPlane.awaitDisconnected();
            assertThat(controlPlane.closeCode()).hasValue(1000);
        } finally {
            worker.destroyForcibly();
            controlPlane.close();
            slipway.close();
        }
    }

    @Test
    void introducesItself() {
        assertThat(controlPlane.handshakes().getFirst().header("Authorization")).contains("Bearer conformance-key");
        assertThat(controlPlane.handshakes().getFirst().parameters())
                .containsEntry("worker_id", "conformance")
                .containsEntry("kept", "1");
    }

    @Test
    void claimsATaskAndTellsThatItSucceeded() {
        assign("fine", "exit 0");

        Received completed = controlPlane.awaitResult("fine");

        assertThat(controlPlane.received("fine"))
                .extracting(Received::type)
                .containsExactly("task_claimed", "task_completed");
        assertThat(controlPlane.received("fine").getFirst().text("worker_id")).contains("conformance");
        assertThat(completed.text("message")).contains("Task completed successfully");
        assertThat(completed.text("task_state")).isEmpty();
    }

    @Test
    void tellsHowATaskFailed() {
        assign("seven", "exit 7");
        assign("killed", "kill -9 $$");

        Received seven = controlPlane.awaitFailed("seven");
        assertThat(seven.failureReason()).contains("agent_invocation");
        assertThat(seven.exitCode()).isEqualTo(OptionalInt.of(7));
        assertThat(seven.text("message").orElseThrow()).startsWith("Failed to execute task: ");
        assertThat(controlPlane.awaitFailed("killed").exitCode()).isEqualTo(OptionalInt.of(137));
    }

    @Test
    void givesTheAgentItsArguments() throws Exception {
        controlPlane.assign(assignment("arguments", "exit 0")
                .ownedByTeam()
                .snapshot("environment_id", "env-1")
                .snapshot("model_id", " model-1 ")
                .snapshot("skill_spec", "skill")
                .snapshot("idle_timeout_minutes", 15)
                .agentArgs("--verbose", "two words"));

        controlPlane.awaitCompleted("arguments");

        assertThat(Files.readAllLines(directory.resolve("arguments-arguments")))
                .containsExactly(
                        "agent",
                        "run",
                        "--share",
                        "team:edit",
                        "--task-id",
                        "arguments",
                        "--sandboxed",
                        "--server-root-url",
                        "https://root.example",
                        "--model",
                        "model-1",
                        "--skill",
                        "skill",
                        "--computer-use",
                        "--environment",
                        "env-1",
                        "--verbose",
                        "two words",
                        "--idle-on-complete",
                        "15m");
    }

    @Test
    void givesTheAgentItsEnvironmentAndNothingElseOfTheHosts() throws Exception {
        controlPlane.assign(assignment("variables", "exit 0")
                .env("OWN", "task")
                .env("FROM_FLAG", "task")
                .env("GH_PROMPT_DISABLED", "0"));

        controlPlane.awaitCompleted("variables");

        assertThat(Files.readAllLines(directory.resolve("environment-variables")))
                .contains(
                        "TASK_ID=variables",
                        "GIT_TERMINAL_PROMPT=0",
                        "GH_PROMPT_DISABLED=0",
                        "WARP_SERVER_ROOT_URL=https://root.example",
                        "OWN=task",
                        "FROM_FLAG=flag")
                .anyMatch(line -> line.startsWith("PATH="))
                .anyMatch(line -> line.startsWith("GIT_CONFIG_GLOBAL="))
                .noneMatch(line -> line.contains("of the host") || line.contains("conformance-key"));
    }

    @Test
    void cancelsARunningTask() {
        assign("cancelled", journal.note("start") + "sleep 600");
        journal.awaitLine("start cancelled");

        controlPlane.cancel("cancelled");

        Received result = controlPlane.awaitResult("cancelled");
        assertThat(result.isCancelled()).isTrue();
        assertThat(result.text("message")).contains("Task cancelled by user request.");
    }

    @Test
    void ignoresWhatItDoesNotKnow() {
        controlPlane.send("heartbeat", JsonNodeFactory.instance.objectNode());
        controlPlane.send("task_of_tomorrow", JsonNodeFactory.instance.objectNode());
        controlPlane.sendRaw("no JSON");
        controlPlane.cancel("nobody's");
        controlPlane.assign(assignment("extended", "exit 0").with("field_of_tomorrow", List.of(1)));

        controlPlane.awaitCompleted("extended");

        assertThat(controlPlane.received("nobody's")).isEmpty();
    }

    @Test
    void runsSeveralTasksAtOnce() {
        assign("one", journal.note("start") + journal.waitAt("both run"));
        assign("two", journal.note("start") + journal.waitAt("both run"));
        journal.awaitLine("start one");
        journal.awaitLine("start two");

        journal.open("both run");

        controlPlane.awaitCompleted("one");
        controlPlane.awaitCompleted("two");
    }

    @Test
    void comesBackWhenTheConnectionIsCut() {
        int connections = controlPlane.connections();
        controlPlane.cut();
        controlPlane.awaitConnection(connections + 1);

        assign("afterwards", "exit 0");

        controlPlane.awaitCompleted("afterwards");
    }

    @Test
    void removesTheWorkspaceOfATaskThatHasEnded() {
        assign("workspace", "echo made > here; pwd > '" + directory.resolve("where") + "'");
        controlPlane.awaitCompleted("workspace");

        await("the workspace to be removed")
                .atMost(Slipway.PATIENCE)
                .until(() -> !Files.exists(slipway.workspaces().resolve("workspace")));
        assertThat(directory.resolve("where")).content().isEqualTo(slipway.workspaces() + "/workspace\n");
    }

    private void assign(String task, String play) {
        controlPlane.assign(assignment(task, play));
    }

    private static Assignment assignment(String task, String play) {
        return ControlPlaneTest.assignment(task, play);
    }
}
