package dev.slipway.executor.testkit;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A disk of its own, so small that it can be filled. */
public final class SmallDisk implements AutoCloseable {
    private static final int BLOCK = 4096;
    private static final int INODES = 200;
    private static final String FILLING = "filling-";

    private final Path directory;

    private SmallDisk(Path directory) {
        this.directory = directory;
    }

    /** Skips the test that asks for it, and says why, where this process may not mount one. */
    public static SmallDisk mount(Path directory) throws IOException {
        Files.createDirectories(directory);
        String options = "size=1m,mode=0700,nr_inodes=" + INODES;
        String refusal = run("mount", "-t", "tmpfs", "-o", options, "tmpfs", directory.toString());
        assumeTrue(refusal.isEmpty(), "no small disk can be mounted here: " + refusal);
        return new SmallDisk(directory);
    }

    public Path directory() {
        return directory;
    }

    /** Leaves no room for a byte more, nor for a file. */
    public void fill() throws IOException {
        try (FileChannel file = FileChannel.open(
                filling(0), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            while (writesTo(file)) {
                // until there is no block left
            }
        }
        for (int i = 1; i <= INODES && makes(filling(i)); i++) {
            // until there is no inode left
        }
    }

    /** Takes back what {@link #fill} has put there. */
    public void free() throws IOException {
        try (DirectoryStream<Path> fillings = Files.newDirectoryStream(directory, FILLING + "*")) {
            for (Path filling : fillings) {
                Files.delete(filling);
            }
        }
    }

    /** Also while somebody still uses it. */
    @Override
    public void close() throws IOException {
        String refusal = run("umount", "--lazy", directory.toString());
        if (!refusal.isEmpty()) {
            throw new IOException("%s stays mounted: %s".formatted(directory, refusal));
        }
    }

    private Path filling(int number) {
        return directory.resolve(FILLING + number);
    }

    private static boolean writesTo(FileChannel file) {
        try {
            return file.write(ByteBuffer.allocate(BLOCK)) > 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean makes(Path file) {
        try {
            Files.createFile(file);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** @return what it complains of; empty if it succeeded */
    private static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        try {
            int code = process.waitFor();
            return code == 0 ? "" : "%s: %s, exit code %d".formatted(command[0], said, code);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for " + command[0]);
        }
    }
}
