package dev.slipway.executor.direct;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.ExecutionKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the disk says about one run: the directory that its keeper and whoever watches it share. What must be recorded whatever
 * happens is written over bytes that are there from the start, so that a full disk cannot prevent it.
 */
final class Evidence {
    private static final ObjectMapper JSON = JsonMapper.builder().build();
    private static final String META = "meta.json";
    private static final String KEEPER = "keeper";
    private static final String CLAIMED = "claimed";
    private static final String EXIT = "exit";
    private static final String UNSTARTED = "unstarted";
    private static final String STOPPING = "stopping";
    private static final String SETTLED = "settled";
    private static final String OUTPUT = "output";
    private static final String RELEASED = "released";
    private static final String SEEN = "seen";

    /**
     * What is known before the run begins. Never a value of its environment.
     *
     * @param executor the id of the executor that it belongs to
     * @param program what runs, for messages: the agent, the command
     * @param mark the value that marks its processes
     * @param boot of the host; nothing runs on across a boot
     * @param traceparent the W3C trace context that it was launched with
     * @param workspace removed when the run has ended; empty when it is not the run's own or is to be kept
     */
    record Meta(
            String executor,
            String ledger,
            String execution,
            int attempt,
            String program,
            String mark,
            String boot,
            Optional<String> traceparent,
            Optional<Path> workspace) {
        RunId run() {
            return new RunId(ledger, new ExecutionKey(execution, attempt));
        }
    }

    /** Who made the right to start their own. */
    enum Claim {
        NOBODY,
        KEEPER,
        STOPPED,
        ABANDONED
    }

    private final Path directory;
    private final Meta meta;

    private Evidence(Path directory, Meta meta) {
        this.directory = directory;
        this.meta = meta;
    }

    /** Fills an empty directory. Nothing of it is evidence until that directory has its final name. */
    static void write(Path directory, Meta meta) throws IOException {
        create(directory.resolve(EXIT), "    \n");
        create(directory.resolve(UNSTARTED), "0");
        create(directory.resolve(STOPPING), "0");
        create(directory.resolve(SETTLED), "0");
        create(directory.resolve(RELEASED), "%019d\n".formatted(0));
        create(directory.resolve(OUTPUT), "");
        create(directory.resolve(META), JSON.writeValueAsString(Stored.of(meta)));
    }

    /** Empty if there is no such directory, or it is no evidence (any more). */
    static Optional<Evidence> read(Path directory) throws IOException {
        try {
            Stored stored = JSON.readValue(Files.readString(directory.resolve(META)), Stored.class);
            return Optional.of(new Evidence(directory, stored.meta()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    Meta meta() {
        return meta;
    }

    Path directory() {
        return directory;
    }

    Path output() {
        return directory.resolve(OUTPUT);
    }

    boolean isOfThisBoot() throws IOException {
        return meta.boot().equals(Proc.bootId());
    }

    Claim claim() throws IOException {
        Path claimed = directory.resolve(CLAIMED);
        try {
            return Claim.valueOf(Files.readSymbolicLink(claimed).toString());
        } catch (NotLinkException e) {
            return Claim.KEEPER;
        } catch (NoSuchFileException e) {
            return Claim.NOBODY;
        }
    }

    /**
     * Takes the right to start from the keeper, unless the keeper has it already. A link cannot be made where the keeper's
     * directory is, nor the other way round, so only one of them succeeds. Across a boot nothing is proved by the keeper's
     * directory not being there: it may not have reached the disk.
     *
     * @return whether the agent never ran and never will
     */
    boolean revoke(Claim claim) throws IOException {
        if (claim() == Claim.NOBODY && !isOfThisBoot()) {
            return false;
        }
        try {
            Files.createSymbolicLink(directory.resolve(CLAIMED), Path.of(claim.name()));
            return true;
        } catch (FileAlreadyExistsException e) {
            return claim() != Claim.KEEPER;
        }
    }

    /** When the keeper claimed the right to start, milliseconds since the epoch. */
    long startedAtMillis() throws IOException {
        return Files.getLastModifiedTime(directory.resolve(CLAIMED), LinkOption.NOFOLLOW_LINKS)
                .toMillis();
    }

    Optional<Proc.Identity> keeper() throws IOException {
        return readIfThere(KEEPER).filter(text -> text.endsWith("\n")).flatMap(Proc.Identity::parse);
    }

    boolean isKeeperAlive() throws IOException {
        return isOfThisBoot() && keeper().filter(Proc::isAlive).isPresent();
    }

    /** The agent's exit code, once it is recorded. */
    OptionalInt exitCode() throws IOException {
        String text = readIfThere(EXIT).orElse("").strip();
        try {
            return text.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(text));
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    /** When the agent ended, or else when its end was noticed; milliseconds since the epoch. */
    long endedAtMillis() throws IOException {
        String witness = exitCode().isPresent() ? EXIT : SETTLED;
        return Files.getLastModifiedTime(directory.resolve(witness)).toMillis();
    }

    /** Whether the agent's program could not be executed at all. */
    boolean isUnstarted() throws IOException {
        return isSet(UNSTARTED);
    }

    /** Whether a stop began before the agent's end was recorded. */
    boolean isStopping() throws IOException {
        return isSet(STOPPING);
    }

    /** Notes that a stop begins, unless the agent's end is recorded already. */
    void beginStop() throws IOException {
        if (!isStopping() && exitCode().isEmpty()) {
            overwrite(STOPPING, "1");
            if (exitCode().isPresent()) {
                overwrite(STOPPING, "0"); // it ended by itself in between, and nothing was done to it yet
            }
        }
    }

    /** Whether nothing is left of the run but this evidence. */
    boolean isSettled() throws IOException {
        return isSet(SETTLED);
    }

    void settle() throws IOException {
        overwrite(SETTLED, "1");
    }

    /** How much of the output was delivered and freed, in bytes. */
    long released() throws IOException {
        return Long.parseLong(readIfThere(RELEASED).orElse("0").strip());
    }

    void release(long offset) throws IOException {
        overwrite(RELEASED, "%019d\n".formatted(offset));
    }

    Set<Proc.Identity> seen() throws IOException {
        return readIfThere(SEEN)
                .orElse("")
                .lines()
                .flatMap(line -> Proc.Identity.parse(line).stream())
                .collect(Collectors.toSet());
    }

    void recordSeen(Set<Proc.Identity> processes) throws IOException {
        String text = processes.stream().map(Proc.Identity::toString).collect(Collectors.joining("\n", "", "\n"));
        var options = Set.of(StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        try (FileChannel file = FileChannel.open(directory.resolve(SEEN), options, Directories.OWNER_ONLY_FILE)) {
            file.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
        }
    }

    private boolean isSet(String flag) throws IOException {
        return readIfThere(flag).orElse("").startsWith("1");
    }

    private Optional<String> readIfThere(String name) throws IOException {
        try {
            return Optional.of(Files.readString(directory.resolve(name)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private void overwrite(String name, String text) throws IOException {
        try (FileChannel file = FileChannel.open(directory.resolve(name), StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
        }
    }

    private static void create(Path path, String text) throws IOException {
        var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (FileChannel file = FileChannel.open(path, options, Directories.OWNER_ONLY_FILE)) {
            file.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
            file.force(true);
        }
    }

    /** {@link Meta} as it stands in the file. */
    private record Stored(
            String executor,
            String ledger,
            String execution,
            int attempt,
            String program,
            String mark,
            String boot,
            String traceparent,
            String workspace) {
        static Stored of(Meta meta) {
            return new Stored(
                    meta.executor(),
                    meta.ledger(),
                    meta.execution(),
                    meta.attempt(),
                    meta.program(),
                    meta.mark(),
                    meta.boot(),
                    meta.traceparent().orElse(""),
                    meta.workspace().map(Path::toString).orElse(""));
        }

        Meta meta() {
            return new Meta(
                    executor,
                    ledger,
                    execution,
                    attempt,
                    program,
                    mark,
                    boot,
                    Optional.of(traceparent).filter(text -> !text.isEmpty()),
                    Optional.of(workspace).filter(path -> !path.isEmpty()).map(Path::of));
        }
    }
}
