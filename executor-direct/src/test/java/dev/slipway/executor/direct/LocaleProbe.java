package dev.slipway.executor.direct;

import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.PreflightFailure;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.settings.InvalidSettings;
import dev.slipway.settings.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tries what is not ASCII in the locale of its process, with {@code GREETING} in its environment, and says what became of each
 * try: the words of its refusal, or the output.
 */
final class LocaleProbe {
    private final Path directory;
    private int runs;

    private LocaleProbe(Path directory) {
        this.directory = directory;
    }

    public static void main(String[] arguments) throws Exception {
        LocaleProbe probe = new LocaleProbe(Path.of(arguments[0]));
        probe.tell("plain", "printf setup,", "printf teardown", "task", "printf agent,");
        probe.tell("setup", "printf '%s,' größe", "printf teardown", "task", "printf agent,");
        probe.tell("teardown", "printf setup,", "printf größe", "task", "printf agent,");
        probe.tell("task id", "printf setup,", "printf '%s' \"$OZ_RUN_ID\"", "größe", "printf agent,");
        probe.tell("argument", "printf setup,", "printf teardown", "task", "printf größe,");
        probe.tell("worker", "printf '%s,' \"${GREETING-none}\"", "printf '%s' \"${GREETING-none}\"", "task", "true");
        tellSettings();
    }

    private void tell(String what, String setup, String teardown, String taskId, String script) throws Exception {
        Settings settings = Settings.parse("""
                backend:
                  direct:
                    workspace_root: "%s"
                    setup_command: "%s"
                    teardown_command: "%s"
                """.formatted(
                        directory.resolve("workspaces"), setup.replace("\"", "\\\""), teardown.replace("\"", "\\\"")));
        DirectConfig config = DirectWiring.config(settings, directory.resolve("state"), System.getenv());
        try (DirectBackend backend = new DirectBackend("executor-1", config)) {
            List<String> remarks = backend.preflight();
            remarks.stream()
                    .filter(remark -> remark.contains("GREETING"))
                    .forEach(remark -> say(what + " remark", remark));
            say(what, run(backend, taskId, script));
        } catch (PreflightFailure | StartFailure e) {
            say(what, "refused: " + e.getMessage());
        }
    }

    private String run(DirectBackend backend, String taskId, String script) throws StartFailure, IOException {
        RunId run = new RunId("ledger", new ExecutionKey("run-" + ++runs, 1));
        backend.start(
                run,
                new TaskSpec(
                        taskId,
                        new Program.Command(List.of("sh", "-c", script)),
                        Optional.empty(),
                        Map.of("OWN", SecretValue.of("own")),
                        Optional.empty(),
                        Optional.empty()),
                _ -> {});
        Observed observed = backend.observe(run, Duration.ofSeconds(30));
        if (!(observed instanceof Observed.Ended ended) || !(ended.ending() instanceof Ending.Exited)) {
            return "ended otherwise: " + observed;
        }
        try (var logs = backend.logs(run, "")) {
            byte[] output = logs.next(1 << 16, Duration.ZERO).bytes().toArray();
            backend.forget(run);
            return new String(output, StandardCharsets.UTF_8);
        }
    }

    private static void tellSettings() {
        try {
            say(
                    "settings",
                    Settings.parse("backend: {direct: {workspace_root: /größe}}")
                            .directOrDefaults()
                            .workspaceRoot()
                            .toString());
        } catch (InvalidSettings e) {
            say("settings", "refused: " + e.getMessage());
        }
    }

    private static void say(String what, String words) {
        System.out.writeBytes((what + ": " + words.replace("\n", " ") + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
