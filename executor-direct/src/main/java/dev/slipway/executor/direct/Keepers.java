package dev.slipway.executor.direct;

import dev.slipway.protocol.SecretValue;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;

/** Starts keepers: shells in sessions of their own, each of which keeps one program and outlives the executor. */
final class Keepers {
    private static final Logger LOG = Logger.getLogger(Keepers.class);

    /** Tells the keeper that it has read all. */
    private static final String WHOLE = "# whole";

    /** How often a keeper looks for the executor after the setup command: every second, about, for a day. */
    private static final int LOOKS = 24 * 60 * 60;

    private final Host host;
    private final int looks;

    Keepers(Host host) {
        this(host, LOOKS);
    }

    /** @param looks how often a keeper looks for the executor after the setup command before it gives up */
    Keepers(Host host, int looks) {
        this.host = host;
        this.looks = looks;
    }

    /**
     * @param kept where the keeper records what it does
     * @param output appended to
     */
    Process start(String shell, Kept kept, Path output, Invocation invocation) throws IOException {
        return builder(shell, kept, output, invocation)
                .redirectInput(Path.of("/dev/null").toFile())
                .start();
    }

    /**
     * The same with a setup command first. What that sees besides the program's environment goes through a pipe, and so is in
     * no file, no argument and no other process.
     *
     * @param more laid over the program's environment
     */
    Process start(
            String shell,
            Kept kept,
            Path output,
            Invocation invocation,
            String setupCommand,
            Map<String, SecretValue> more)
            throws IOException {
        Process keeper = builder(shell, kept, output, invocation).start();
        String function = "setup() {\n%sexec /bin/sh -c %s\n}\n%s\n"
                .formatted(ShellText.exports(more), ShellText.quote(setupCommand), WHOLE);
        try (OutputStream pipe = keeper.getOutputStream()) {
            pipe.write(function.getBytes(NativeText.CHARSET));
        } catch (IOException e) {
            LOG.debugf("the keeper ended before it had read all: %s", e); // and so has started nothing
        }
        return keeper;
    }

    private ProcessBuilder builder(String shell, Kept kept, Path output, Invocation invocation) {
        List<String> command = new ArrayList<>(List.of(host.setsid(), shell, host.keeperScript()));
        command.add(kept.directory().toString());
        command.add(Integer.toString(looks));
        command.addAll(invocation.argv());
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(invocation.directory().toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
        builder.environment().clear();
        invocation.env().forEach((name, value) -> builder.environment().put(name, value.reveal()));
        return builder;
    }
}
