package dev.slipway.executor.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.executor.core.Backend;
import dev.slipway.executor.core.Deadline;
import dev.slipway.executor.core.LogSource;
import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.Survivor;
import dev.slipway.protocol.Ending;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** Looks at runs as an executor does, and waits for what is to become of them. */
public final class Watching {
    /** How long anything may take on a busy machine. */
    public static final Duration PATIENCE = Duration.ofSeconds(30);

    private Watching() {}

    public static List<RunId> runsLeft(Backend backend) throws IOException {
        return backend.survivors().stream().map(Survivor::run).toList();
    }

    public static Observed.Ended awaitEnd(Backend backend, RunId run) throws IOException {
        Deadline deadline = Deadline.in(PATIENCE);
        Observed observed = backend.observe(run, Duration.ZERO);
        while (!(observed instanceof Observed.Ended) && !deadline.isOver()) {
            observed = backend.observe(run, deadline.left());
        }
        assertThat(observed).isInstanceOf(Observed.Ended.class);
        return (Observed.Ended) observed;
    }

    public static int code(Observed.Ended ended) {
        assertThat(ended.ending()).isInstanceOf(Ending.Exited.class);
        return ((Ending.Exited) ended.ending()).code();
    }

    /** The output so far. */
    public static String output(Backend backend, RunId run) throws IOException {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        try (LogSource logs = backend.logs(run, "")) {
            LogSource.Chunk chunk = logs.next(1 << 16, Duration.ZERO);
            while (chunk.bytes().length() > 0) {
                output.writeBytes(chunk.bytes().toArray());
                chunk = logs.next(1 << 16, Duration.ZERO);
            }
        }
        return output.toString(StandardCharsets.UTF_8);
    }

    public static void awaitOutput(Backend backend, RunId run, String expected) throws IOException {
        Deadline deadline = Deadline.in(PATIENCE);
        StringBuilder output = new StringBuilder();
        try (LogSource logs = backend.logs(run, "")) {
            while (output.indexOf(expected) < 0 && !deadline.isOver()) {
                LogSource.Chunk chunk = logs.next(1 << 16, deadline.left());
                output.append(new String(chunk.bytes().toArray(), StandardCharsets.UTF_8));
            }
        }
        assertThat(output).contains(expected);
    }
}
