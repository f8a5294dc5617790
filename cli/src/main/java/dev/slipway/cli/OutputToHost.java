package dev.slipway.cli;

import dev.slipway.cli.api.OutputFollower;
import java.io.IOException;

/** Prints a task's output as it comes, byte by byte. */
final class OutputToHost implements OutputFollower.Sink, AutoCloseable {
    private final Host host;
    private long missing;

    OutputToHost(Host host) {
        this.host = host;
    }

    @Override
    public void output(byte[] bytes) throws IOException {
        host.out().write(bytes);
        host.out().flush();
    }

    /** Told where the first gap is; a flood has hundreds of them. */
    @Override
    public void gap(long bytes) {
        if (missing == 0) {
            host.say("from here on, output is missing that is not kept any more");
        }
        missing += bytes;
    }

    /** Tells how much is missing. */
    @Override
    public void close() {
        if (missing > 0) {
            host.say("%d bytes of the output are not kept any more".formatted(missing));
        }
    }
}
