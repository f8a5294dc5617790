package dev.slipway.cli;

import dev.slipway.cli.api.OutputFollower;
import java.io.IOException;
import java.util.function.Consumer;

/** Output that is dropped once it cannot be written: its task is still to be seen to its end. */
final class RunOutput implements OutputFollower.Sink {
    private final OutputFollower.Sink sink;
    private final Consumer<IOException> whenBroken;
    private boolean broken;

    /** @param whenBroken called once */
    RunOutput(OutputFollower.Sink sink, Consumer<IOException> whenBroken) {
        this.sink = sink;
        this.whenBroken = whenBroken;
    }

    @Override
    public void output(byte[] bytes) {
        if (broken) {
            return;
        }
        try {
            sink.output(bytes);
        } catch (IOException e) {
            broken = true;
            whenBroken.accept(e);
        }
    }

    @Override
    public void gap(long missing) {
        if (!broken) {
            sink.gap(missing);
        }
    }
}
