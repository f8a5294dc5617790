package dev.slipway.executor.core;

import dev.slipway.protocol.BackendKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Who this executor is.
 *
 * @param id the same after every restart: its runs carry it
 * @param incarnation larger than that of every earlier process with the same state directory, also when the host's clock
 *     was set back
 */
public record Identity(String id, long incarnation) {
    /**
     * Takes the id that is kept in {@code <state directory>/executor-<kind>.id}, or makes one, and counts the incarnation on.
     *
     * @param given an id to use instead of a random one
     */
    static Identity load(Path stateDirectory, BackendKind kind, Optional<String> given, Clock clock)
            throws IOException {
        var ownerDirectory = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        Files.createDirectories(stateDirectory, ownerDirectory);
        Path file = stateDirectory.resolve("executor-" + kind.wireName() + ".id");
        List<String> kept = read(file);
        String id = given.or(() -> kept.stream().findFirst().filter(line -> !line.isBlank()))
                .orElseGet(() -> kind.wireName() + "-"
                        + UUID.randomUUID().toString().substring(0, 13).toLowerCase(Locale.ROOT));
        long last = kept.size() > 1 ? Long.parseLong(kept.get(1)) : 0;
        Identity identity = new Identity(id, Math.max(clock.millis(), last + 1));
        write(file, id + "\n" + identity.incarnation() + "\n");
        return identity;
    }

    /** Over what is there, if there is as much: then it needs no space, and an executor can be replaced while the disk is full. */
    private static void write(Path file, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        boolean fits = Files.exists(file) && Files.size(file) == bytes.length;
        Path written = fits ? file : file.resolveSibling(file.getFileName() + ".draft");
        var ownerOnly = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        try (FileChannel channel =
                FileChannel.open(written, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), ownerOnly)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.truncate(bytes.length);
            channel.force(true);
        }
        if (!fits) {
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static List<String> read(Path file) throws IOException {
        try {
            return Files.readAllLines(file);
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }
}
