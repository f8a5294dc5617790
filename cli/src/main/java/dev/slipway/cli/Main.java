package dev.slipway.cli;

import dev.slipway.cli.services.HiddenArguments;
import dev.slipway.cli.services.Installation;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.nio.file.Path;
import java.time.InstantSource;

/** The program behind {@code ./slipway}. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        var environment = System.getenv();
        var host = new Host(
                new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)),
                System.err,
                Boolean.getBoolean("slipway.terminal"),
                Path.of("").toAbsolutePath(),
                environment,
                Installation.own(),
                new ProcessInterrupts(),
                InstantSource.system());
        System.exit(Slipway.run(host, HiddenArguments.restore(arguments, environment)));
    }
}
