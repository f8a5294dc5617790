package dev.slipway.executor.direct;

import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Shell scripts as tasks, and a backend with nothing but what these need. */
final class PlainTasks {
    private PlainTasks() {}

    static DirectConfig config(Path workspaceRoot, Path evidenceRoot, Optional<String> setup) {
        return new DirectConfig(
                workspaceRoot,
                Optional.empty(),
                evidenceRoot,
                Optional.empty(),
                new DirectConfig.Commands(setup, Optional.empty(), Optional.empty(), false),
                Map.of(),
                true,
                Map.of("PATH", SecretValue.of("/usr/local/bin:/usr/bin:/bin")));
    }

    static TaskSpec task(String script) {
        return new TaskSpec(
                "task",
                new Program.Command(List.of("sh", "-c", script)),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Optional.empty());
    }
}
