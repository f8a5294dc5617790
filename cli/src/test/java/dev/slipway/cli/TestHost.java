package dev.slipway.cli;

import static org.awaitility.Awaitility.await;

import dev.slipway.cli.services.Installation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Runs commands in this process, in a directory of the test's. */
final class TestHost {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Map<String, String> environment = new HashMap<>(Map.of("PATH", "/usr/bin:/bin"));
    private final TestInterrupts interrupts = new TestInterrupts();
    private final Path directory;
    private OutputStream target = out;
    private boolean terminal;

    TestHost(Path directory) {
        this.directory = directory;
    }

    int run(String... arguments) {
        var line = new ArrayList<>(List.of(arguments));
        if (!line.isEmpty()
                && !line.getFirst().startsWith("-")
                && !line.getFirst().equals("check")) {
            line.addAll(1, List.of("--state-dir", stateDir().toString()));
        }
        var host = new Host(
                target,
                new PrintStream(err, true, StandardCharsets.UTF_8),
                terminal,
                directory,
                environment,
                new Installation(directory.resolve("nothing-is-installed-here")),
                interrupts,
                InstantSource.fixed(Instant.parse("2026-01-01T00:00:42Z")));
        return Slipway.run(host, line.toArray(String[]::new));
    }

    Path stateDir() {
        return directory.resolve("state");
    }

    Map<String, String> environment() {
        return environment;
    }

    TestInterrupts interrupts() {
        return interrupts;
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    void awaitErr(String text) {
        await().until(() -> err().contains(text));
    }

    void atTerminal() {
        terminal = true;
    }

    void breakOutput() {
        target = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
    }

    static final class TestInterrupts implements Interrupts {
        private @Nullable Handler handler;
        private @Nullable Integer ended;

        @Override
        public synchronized void handle(Handler newHandler) {
            handler = newHandler;
        }

        @Override
        public synchronized void endNow(int exitCode) {
            ended = exitCode;
        }

        void raise(Signal signal) {
            Handler current;
            synchronized (this) {
                current = handler;
            }
            if (current != null) {
                current.handle(signal);
            }
        }

        synchronized Optional<Integer> endedWith() {
            return Optional.ofNullable(ended);
        }
    }
}
