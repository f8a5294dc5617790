package dev.slipway.acceptance;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A file system of its own in memory, which can be filled to the last byte. */
final class SmallDisk {
    private static final int BLOCK = 1 << 20;

    private final Path root;
    private final Path filler;

    private SmallDisk(Path root) {
        this.root = root;
        this.filler = root.resolve("filler");
    }

    /** Empty if this user may not mount anything, or the system has no tmpfs. */
    static Optional<SmallDisk> mount(Path root, int mebibytes) throws IOException, InterruptedException {
        Files.createDirectories(root);
        return run("mount", "-t", "tmpfs", "-o", "mode=700,size=" + mebibytes + "m", "tmpfs", root.toString())
                ? Optional.of(new SmallDisk(root))
                : Optional.empty();
    }

    /** Returns when not one byte more can be written. */
    void fill() throws IOException {
        try (OutputStream out = Files.newOutputStream(filler)) {
            for (int size = BLOCK; size > 0; size /= 2) {
                write(out, new byte[size]);
            }
        }
    }

    /** Writes the block until it fails. */
    private static void write(OutputStream out, byte[] block) {
        try {
            while (true) {
                out.write(block);
            }
        } catch (IOException full) {
            // as it should be
        }
    }

    void empty() throws IOException {
        Files.deleteIfExists(filler);
    }

    void unmount() throws IOException, InterruptedException {
        if (!run("umount", root.toString())) {
            throw new IOException(root + " cannot be unmounted: something uses it");
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException noSuchProgram) {
            return false;
        }
    }
}
