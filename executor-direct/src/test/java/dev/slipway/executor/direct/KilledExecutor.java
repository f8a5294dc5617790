package dev.slipway.executor.direct;

import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A process that starts, stops, observes and forgets runs without end, several at once, and says so line by line, until it is
 * killed. Each agent writes its run into a journal of its own.
 */
final class KilledExecutor {
    static final String LEDGER = "ledger";
    private static final int AT_ONCE = 3;

    private KilledExecutor() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        DirectBackend backend = new DirectBackend("executor-1", config(directory));
        backend.preflight();
        backend.survivors();
        for (int i = 0; i < AT_ONCE; i++) {
            Thread.ofPlatform().start(() -> {
                while (true) {
                    oneRun(backend, directory);
                }
            });
        }
    }

    static DirectConfig config(Path directory) {
        return new DirectConfig(
                directory.resolve("workspaces"),
                Optional.empty(),
                directory.resolve("evidence"),
                Optional.empty(),
                new DirectConfig.Commands(
                        Optional.of("echo LEFT=left >$OZ_ENVIRONMENT_FILE"),
                        Optional.empty(),
                        Optional.of("echo torn down"),
                        false),
                Map.of(),
                true,
                Map.of("PATH", SecretValue.of("/usr/local/bin:/usr/bin:/bin")));
    }

    /** Whether it would go on without end and is stopped, or ends by itself. */
    static boolean isStopped(String execution) {
        return execution.charAt(0) < '4';
    }

    private static void oneRun(DirectBackend backend, Path directory) {
        String execution = UUID.randomUUID().toString();
        RunId run = new RunId(LEDGER, new ExecutionKey(execution, 1));
        boolean isStopped = isStopped(execution);
        try {
            backend.start(run, task(execution, directory, isStopped ? "sleep 1000" : "true"), _ -> {});
            System.out.println("started");
            if (isStopped) {
                backend.stop(run, Duration.ofMillis(50));
            }
            while (!(backend.observe(run, Duration.ofSeconds(1)) instanceof Observed.Ended)) {
                // until it has ended
            }
            System.out.println("ended");
            backend.forget(run);
            System.out.println("forgotten");
        } catch (StartFailure e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TaskSpec task(String execution, Path directory, String rest) {
        return new TaskSpec(
                execution,
                new Program.Command(List.of(
                        "sh",
                        "-c",
                        "echo $LEFT >>%s; %s"
                                .formatted(directory.resolve("journal").resolve(execution), rest))),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Optional.empty());
    }
}
