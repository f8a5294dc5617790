package dev.slipway.executor.direct;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Small files of one directory, readable by their owner alone. What must be recorded whatever happens is written over bytes
 * that are there from the start, so that a full disk cannot prevent it.
 */
record Records(Path directory) {
    /** Room for an exit code that is not known yet. Recorded, it ends a line: one that was half written is none. */
    static final String NO_CODE = "     ";

    private static final String DRAFT = ".draft";

    Path path(String name) {
        return directory.resolve(name);
    }

    /** Makes a file that is durable before this returns. */
    void create(String name, String text) throws IOException {
        try (FileChannel file = open(name, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))) {
            write(file, text);
            file.force(true);
        }
    }

    /** Writes over what a file begins with; its other bytes stay. */
    void overwrite(String name, String text) throws IOException {
        try (FileChannel file = open(name, Set.of(StandardOpenOption.WRITE))) {
            write(file, text);
        }
    }

    /** Gives a file other content, whether or not it is there; whoever is killed meanwhile leaves a part of it. */
    void replace(String name, String text) throws IOException {
        var options = Set.of(StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        try (FileChannel file = open(name, options)) {
            write(file, text);
        }
    }

    /** The same, but the file is there as a whole or not at all. */
    void publish(String name, String text) throws IOException {
        String draft = name + DRAFT;
        replace(draft, text);
        Files.move(path(draft), path(name), StandardCopyOption.ATOMIC_MOVE);
    }

    void delete(String name) throws IOException {
        Files.deleteIfExists(path(name + DRAFT));
        Files.deleteIfExists(path(name));
    }

    /** On a disk that is nearly full less may be written at once than was asked for. */
    private static void write(FileChannel file, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    Optional<String> text(String name) throws IOException {
        try {
            return Optional.of(Files.readString(path(name)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    boolean isSet(String flag) throws IOException {
        return text(flag).orElse("").startsWith("1");
    }

    /** Empty while none is recorded. */
    OptionalInt code(String name) throws IOException {
        String text = text(name).orElse("");
        try {
            return text.endsWith("\n") ? OptionalInt.of(Integer.parseInt(text.strip())) : OptionalInt.empty();
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    private FileChannel open(String name, Set<? extends OpenOption> options) throws IOException {
        return FileChannel.open(path(name), options, Directories.OWNER_ONLY_FILE);
    }
}
