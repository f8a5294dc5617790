package dev.slipway.cli;

import dev.slipway.cli.api.OutputFollower;
import java.io.IOException;

/** Prints a task's output as it comes, byte by byte. */
record OutputToHost(Host host) implements OutputFollower.Sink {
    @Override
    public void output(byte[] bytes) throws IOException {
        host.out().write(bytes);
        host.out().flush();
    }

    @Override
    public void gap(long missing) {
        host.say("%d bytes of the output are not kept any more".formatted(missing));
    }
}
