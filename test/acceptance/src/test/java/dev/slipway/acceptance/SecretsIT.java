package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.testkit.Assignment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Secrets that are easy to recognise, and every place where they must not be. */
class SecretsIT extends ControlPlaneTest {
    private static final String API_KEY = "canary-api-key-9f1c";
    private static final String TASK_VALUE = "canary-task-value-27ab";
    private static final String WORKER_VALUE = "canary-worker-value-c03d";
    private static final String API_VALUE = "canary-api-task-value-5e7f";

    @BeforeEach
    void start() throws Exception {
        slipway.configure();
        slipway.up(
                "--web-socket-url",
                controlPlane.uri().toString(),
                "--api-key",
                API_KEY,
                "-e",
                "WORKER_SECRET=" + WORKER_VALUE,
                "--log-level",
                "debug");
        controlPlane.awaitConnection(1);
    }

    @Test
    void areNowhereButWhereTheyMustBe() throws Exception {
        controlPlane.assign(Assignment.of("t")
                .execution("x")
                .env("TASK_SECRET", TASK_VALUE)
                .env(
                        "PLAY",
                        "[ \"$TASK_SECRET$WORKER_SECRET\" = " + TASK_VALUE.replace("canary", "\"\"canary")
                                + WORKER_VALUE + " ] || exit 9; " + journal.note("start") + journal.waitAt("gate")));
        controlPlane.sendRaw("{\"type\": \"task_assignment\", \"data\": {\"task_id\": \"" + TASK_VALUE);
        slipway.call(
                "POST",
                "/api/v1/tasks",
                Slipway.JSON.writeValueAsString(
                        Map.of("command", List.of("true"), "env", Map.of("API_SECRET", API_VALUE), "workdir", "/")));
        slipway.call("POST", "/api/v1/tasks", "{\"command\": \"" + API_VALUE);
        journal.awaitLine("start t");
        List<String> commandLines = commandLines();
        List<String> responses = responses();
        journal.open("gate");
        assertThat(controlPlane.awaitResult("t").type())
                .as("the agent saw its secrets")
                .isEqualTo("task_completed");
        responses.addAll(responses());

        List<String> secrets = List.of(API_KEY, TASK_VALUE, WORKER_VALUE, API_VALUE, slipway.token());
        assertThat(controlPlane.handshakes().getLast().header("Authorization")).contains("Bearer " + API_KEY);
        for (String secret : secrets) {
            assertThat(commandLines).as("command lines").noneMatch(line -> line.contains(secret));
            assertThat(responses).as("responses").noneMatch(body -> body.contains(secret));
            for (Path file : slipway.files()) {
                if (isOurs(file) && (file.toString().endsWith(".log") || isReadableByOthers(file))) {
                    assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                            .as(file.toString())
                            .doesNotContain(secret);
                }
            }
        }
        assertThat(isReadableByOthers(slipway.state())).isFalse();
        // The SQLite driver's library is nobody's secret, and the driver chooses its mode.
        assertThat(slipway.files().stream()
                        .filter(file -> file.startsWith(slipway.state())
                                && !file.toString().contains("libsqlitejdbc.so")))
                .as("files in the state directory, all of them private")
                .isNotEmpty()
                .noneMatch(SecretsIT::isReadableByOthers);
    }

    /** Not the test's own journal and gates. */
    private boolean isOurs(Path file) {
        return file.startsWith(slipway.state()) || file.startsWith(slipway.workspaces());
    }

    private List<String> responses() throws IOException, InterruptedException {
        List<String> bodies = new ArrayList<>();
        for (String path : List.of(
                "/api/v1/tasks",
                "/api/v1/tasks/x",
                "/api/v1/tasks/x/events",
                "/api/v1/tasks/x/logs",
                "/api/v1/executors",
                "/api/v1/no-such-thing")) {
            bodies.add(slipway.get(path).body());
        }
        bodies.add(slipway.run("show", "x").out());
        bodies.add(slipway.run("status").out());
        return bodies;
    }

    private static List<String> commandLines() throws IOException {
        List<String> lines = new ArrayList<>();
        for (ProcessHandle process : ProcessHandle.allProcesses().toList()) {
            Path file = Path.of("/proc", Long.toString(process.pid()), "cmdline");
            try {
                lines.add(Files.readString(file, StandardCharsets.ISO_8859_1));
            } catch (IOException e) {
                assertThat(process.isAlive()).as("%s: %s", file, e).isFalse();
            }
        }
        return lines;
    }

    private static boolean isReadableByOthers(Path path) {
        try {
            return Files.getPosixFilePermissions(path).stream()
                    .anyMatch(List.of(PosixFilePermission.OTHERS_READ, PosixFilePermission.GROUP_READ)::contains);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
