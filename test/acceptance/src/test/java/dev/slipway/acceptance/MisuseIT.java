package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.testkit.Assignment;
import dev.slipway.testkit.Received;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Bad input gets a clear error, and nothing is lost. */
class MisuseIT extends ControlPlaneTest {
    @Test
    void everythingThatIsWrongInTheFileIsSaidAtOnce() throws Exception {
        Files.writeString(directory.resolve("worker.yaml"), """
                worker_id: warp-1
                colour: red
                backend:
                  direct:
                    environment:
                      - name: A B
                        value: canary
                """);

        Slipway.Result up = slipway.run("up", "--config-file", "worker.yaml");

        assertThat(up.exitCode()).isEqualTo(1);
        assertThat(up.err())
                .contains("worker.yaml: line 2: colour: unknown key")
                .contains("line 6: backend.direct.environment[0].name")
                .doesNotContain("canary");
        assertThat(slipway.processes()).isEmpty();
    }

    @Test
    void aWrongApiKeyIsNamedAndLocalWorkGoesOn() throws Exception {
        controlPlane.refuseHandshakes(401);
        slipway.configure();

        Slipway.Result up = slipway.with("WARP_API_KEY", "canary-wrong-key")
                .run(slipway.upConfigured("--web-socket-url", controlPlane.uri().toString()));

        assertThat(up.exitCode()).isEqualTo(1);
        assertThat(up.err()).contains("API key rejected").doesNotContain("canary");
        assertThat(slipway.run("run", "--", "echo", "still here").out()).isEqualTo("still here\n");
    }

    @Test
    void aPortInUseIsNamed() throws Exception {
        slipway.configure();
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());

            Slipway.Result up = slipway.run("up", "--http-port", port, "--metrics-port", "0");

            assertThat(up.exitCode()).isEqualTo(1);
            assertThat(up.err()).contains("port " + port).contains("--http-port");
        }
        assertThat(slipway.processes()).isEmpty();
    }

    @Test
    void anAgentThatIsNotThereIsNamed() throws Exception {
        slipway.configure();
        Files.delete(directory.resolve("oz"));

        Slipway.Result up = slipway.with("WARP_API_KEY", "key").run("up", "--config-file", "worker.yaml");

        assertThat(up.exitCode()).isEqualTo(1);
        assertThat(up.err()).contains(directory.resolve("oz").toString());
        assertThat(slipway.processes()).isEmpty();
    }

    @Test
    void aStateDirectoryThatCannotBeUsedIsNamed() throws Exception {
        Files.createFile(slipway.state());

        Slipway.Result up = slipway.run("up");

        assertThat(up.exitCode()).isEqualTo(1);
        assertThat(up.err()).contains(slipway.state().toString()).contains("--state-dir");
    }

    @Test
    void aFullStateDirectoryRejectsTasksAndLosesNone() throws Exception {
        Files.createDirectory(slipway.state());
        assumeThat(call(
                        "mount",
                        "-t",
                        "tmpfs",
                        "-o",
                        "size=48m,mode=700",
                        "slipway",
                        slipway.state().toString()))
                .as("whether a small file system can be mounted (root only)")
                .isZero();
        try {
            slipway.configure();
            up();
            assign("before", journal.note("start") + journal.waitAt("gate") + "exit 4");
            journal.awaitLine("start before");
            slipway.awaitState("before", "running");
            Path filler = fill(slipway.state());

            assign("during", "exit 0");
            controlPlane.awaitRejection("during");
            journal.open("gate");
            await("the agent to have ended").atMost(Slipway.PATIENCE).until(() -> agentsOf("before") == 0);
            assertThat(controlPlane.received("before")).noneMatch(Received::isResult);
            Files.delete(filler);

            assertThat(controlPlane.awaitFailed("before").exitCode()).hasValue(4);
            controlPlane.assign(Assignment.of("during").execution("again").env("PLAY", "exit 0"));
            controlPlane.awaitCompleted("during");
            assertThat(journal.count("start before")).isEqualTo(1);
            slipway.run("down");
        } finally {
            for (ProcessHandle left : slipway.processes()) {
                left.destroyForcibly();
            }
            await().atMost(Slipway.PATIENCE).until(() -> slipway.processes().isEmpty());
            assertThat(call("umount", slipway.state().toString())).isZero();
        }
    }

    @Test
    void whatNoProcessCanTakeFailsItsTaskInWordsAndNoOther() throws Exception {
        slipway.configure();
        up();
        controlPlane.assign(assignment("a long value", "exit 0").env("LONG", "x".repeat(1 << 20)));
        Map<String, String> many = new TreeMap<>(Map.of("PLAY", "exit 0"));
        IntStream.range(0, 20_000).forEach(i -> many.put("V" + i, "value"));
        controlPlane.assign(assignment("many values", "exit 0").with("env_vars", many));
        controlPlane.assign(assignment("a long argument", "exit 0").agentArgs("x".repeat(200_000)));
        assign("fine", "exit 0");

        Map<String, String> words = Map.of(
                "a long value", "longer than 128 KiB", "many values", "at most 10000", "a long argument", "128 KiB");
        words.forEach((task, why) -> {
            Received failed = controlPlane.awaitFailed(task);
            assertThat(failed.text("message").orElseThrow())
                    .startsWith("Failed to execute task: ")
                    .contains(why)
                    .hasSizeLessThan(1_000);
            assertThat(failed.exitCode()).isEmpty();
        });
        controlPlane.awaitCompleted("fine");
    }

    private long agentsOf(String task) {
        return slipway.processes().stream()
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains("--task-id " + task))
                        .isPresent())
                .count();
    }

    /** Takes all the space there is. */
    private static Path fill(Path directory) throws IOException {
        Path filler = directory.resolve("filler");
        try (var out = Files.newOutputStream(filler, StandardOpenOption.CREATE_NEW)) {
            byte[] block = new byte[4_096];
            while (true) {
                out.write(block);
            }
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException e) {
            return filler; // no space left
        }
    }

    private static int call(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }
}
