package dev.slipway.dispatcher;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The directory of the dispatcher's files, for nobody else to read and for one dispatcher at a time. */
final class StateDirectory implements AutoCloseable {
    private static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path directory;
    private final FileChannel channel;
    private final FileLock lock;

    private StateDirectory(Path directory, FileChannel channel, FileLock lock) {
        this.directory = directory;
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * Makes what is missing and takes the directory for this process.
     *
     * @throws IOException in words for an operator
     */
    static StateDirectory open(Path directory) throws IOException {
        try {
            Files.createDirectories(directory, OWNER_ONLY);
            for (String database : new String[] {"ledger.db", "logs.db"}) {
                // SQLite gives its side files the mode of the main one.
                file(directory.resolve(database)).close();
            }
        } catch (IOException e) {
            throw new IOException(
                    "The state directory " + directory + " cannot be used: " + e
                            + ". Give it to the user that the dispatcher runs as, or use another one (SLIPWAY_STATE_DIR).",
                    e);
        }
        FileChannel channel = file(directory.resolve("dispatcher.lock"));
        @Nullable FileLock lock = channel.tryLock();
        if (lock == null) {
            channel.close();
            throw new IOException("Another dispatcher is using the state directory " + directory
                    + ". Stop it, or give this one another directory (SLIPWAY_STATE_DIR).");
        }
        keepDriverFilesIn(directory.resolve("driver"));
        return new StateDirectory(directory, channel, lock);
    }

    Path ledger() {
        return directory.resolve("ledger.db");
    }

    Path logs() {
        return directory.resolve("logs.db");
    }

    /**
     * The SQLite driver unpacks its library into a new file at every start, and a killed process leaves it there: here nobody
     * else needs what lies there, in the system's temporary directory it would add up.
     */
    private static void keepDriverFilesIn(Path directory) throws IOException {
        Files.createDirectories(directory, OWNER_ONLY);
        try (Stream<Path> left = Files.list(directory)) {
            for (Path file : left.toList()) {
                Files.delete(file);
            }
        }
        System.setProperty("org.sqlite.tmpdir", directory.toString());
    }

    private static FileChannel file(Path file) throws IOException {
        return FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    @Override
    public void close() throws IOException {
        lock.release();
        channel.close();
    }
}
