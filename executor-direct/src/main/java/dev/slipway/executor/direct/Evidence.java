package dev.slipway.executor.direct;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/** What the disk says about one run: the directory that its keepers and whoever watches them share. */
final class Evidence {
    private static final ObjectMapper JSON =
            JsonMapper.builder().addModule(new Jdk8Module()).build();
    private static final String META = "meta.json";
    private static final String SETUP = "setup";
    private static final String SETUP_FILE = "setup.env";
    private static final String ENVIRONMENT = "environment";
    private static final String REFUSAL = "refusal";
    private static final String STOPPING = "stopping";
    private static final String SETTLED = "settled";
    private static final String OUTPUT = "output";
    private static final String RELEASED = "released";
    private static final String TEARDOWN = "teardown";

    /**
     * What is known before the run begins. Never a value of its environment.
     *
     * @param executor the id of the executor that it belongs to
     * @param program what runs, for messages: the agent, the command
     * @param mark the value that marks its processes
     * @param traceparent the W3C trace context that it was launched with
     * @param site where it takes place; absent if it was revoked before anybody wanted to start it
     * @param hasSetup whether a setup command runs before the program
     * @param teardown the command that runs after it
     */
    record Meta(
            String executor,
            String ledger,
            String execution,
            int attempt,
            String program,
            String mark,
            Optional<String> traceparent,
            Optional<Site> site,
            boolean hasSetup,
            Optional<String> teardown) {
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

    private final Records records;
    private final Meta meta;
    private final Kept kept;

    private Evidence(Path directory, Meta meta) {
        this.records = new Records(directory);
        this.meta = meta;
        this.kept = new Kept(directory, meta.mark());
    }

    /** Fills an empty directory. Nothing of it is evidence until that directory has its final name. */
    static void write(Path directory, Meta meta, String boot) throws IOException {
        Records records = new Records(directory);
        Kept.write(directory, Optional.of(boot));
        records.create(STOPPING, "0");
        records.create(SETTLED, "0");
        records.create(RELEASED, "%019d\n".formatted(0));
        records.create(OUTPUT, "");
        if (meta.hasSetup()) {
            records.create(SETUP, Records.NO_CODE);
            records.create(SETUP_FILE, "");
        }
        if (meta.teardown().isPresent()) {
            Directories.create(records.path(TEARDOWN));
            Kept.write(records.path(TEARDOWN), Optional.empty());
            Directories.sync(records.path(TEARDOWN));
        }
        records.create(META, JSON.writeValueAsString(meta));
    }

    /** Empty if there is no such directory, or it is no evidence (any more). */
    static Optional<Evidence> read(Path directory) throws IOException {
        Optional<String> meta = new Records(directory).text(META);
        return meta.isPresent()
                ? Optional.of(new Evidence(directory, JSON.readValue(meta.get(), Meta.class)))
                : Optional.empty();
    }

    Meta meta() {
        return meta;
    }

    /** The program, and the setup command before it. */
    Kept kept() {
        return kept;
    }

    /** The teardown command. */
    Kept teardown() {
        return new Kept(records.path(TEARDOWN), meta.mark());
    }

    Path directory() {
        return records.directory();
    }

    Path output() {
        return records.path(OUTPUT);
    }

    Claim claim() throws IOException {
        try {
            return Claim.valueOf(
                    Files.readSymbolicLink(records.path(Kept.CLAIMED)).toString());
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
     * @return whether the program never ran and never will
     */
    boolean revoke(Claim claim) throws IOException {
        if (claim() == Claim.NOBODY && !kept.isOfThisBoot()) {
            return false;
        }
        try {
            Files.createSymbolicLink(records.path(Kept.CLAIMED), Path.of(claim.name()));
            return true;
        } catch (FileAlreadyExistsException e) {
            return claim() != Claim.KEEPER;
        }
    }

    /**
     * As {@link #revoke}, with the words that tell why.
     *
     * @return whether the program never ran and never will
     */
    boolean refuse(Ending.NotStarted why) throws IOException {
        records.publish(REFUSAL, JSON.writeValueAsString(why));
        return revoke(Claim.ABANDONED);
    }

    /** Why the program must not be started, if somebody found that out after the launch. */
    Optional<Ending.NotStarted> refusal() throws IOException {
        Optional<String> refusal = records.text(REFUSAL);
        return refusal.isPresent()
                ? Optional.of(JSON.readValue(refusal.get(), Ending.NotStarted.class))
                : Optional.empty();
    }

    /** Whether any command of the task was or will be executed. */
    boolean hasBegun() throws IOException {
        return claim() == Claim.KEEPER || hasBegunSetup();
    }

    /** The keeper notes it before it begins with the setup command. */
    boolean hasBegunSetup() throws IOException {
        return !records.text(SETUP).orElse("").isBlank();
    }

    /** Whether what the keeper does has ended, so that only leftovers can be alive. */
    boolean isOver() throws IOException {
        return switch (claim()) {
            case NOBODY -> !kept.isOfThisBoot();
            case KEEPER ->
                !kept.isOfThisBoot() // of which even the keeper's name may not have reached the disk
                        || isSettled()
                        || kept.exitCode().isPresent()
                        || kept.isKeeperGone();
            case STOPPED, ABANDONED -> true;
        };
    }

    /** How the setup command ended, once that is recorded. */
    OptionalInt setupCode() throws IOException {
        return records.code(SETUP);
    }

    /** Where the setup command may leave variables. */
    Path setupFile() {
        return records.path(SETUP_FILE);
    }

    /** Whether the keeper waits to be given what is to be made of {@link #setupFile}. */
    boolean wantsEnvironment() throws IOException {
        return meta.hasSetup()
                && claim() == Claim.NOBODY
                && setupCode().orElse(-1) == 0
                && !Files.exists(records.path(ENVIRONMENT));
    }

    /** @param statements that the keeper carries out before it starts the program; it deletes them */
    void giveEnvironment(String statements) throws IOException {
        records.publish(ENVIRONMENT, statements);
    }

    /** When the keeper claimed the right to start, milliseconds since the epoch. */
    long startedAtMillis() throws IOException {
        return Files.getLastModifiedTime(records.path(Kept.CLAIMED), LinkOption.NOFOLLOW_LINKS)
                .toMillis();
    }

    /** When the program ended, or else when its end was noticed; milliseconds since the epoch. */
    long endedAtMillis() throws IOException {
        return kept.exitCode().isPresent()
                ? kept.exitMillis()
                : Files.getLastModifiedTime(records.path(SETTLED)).toMillis();
    }

    /** Whether a stop began before the program's end was recorded. */
    boolean isStopping() throws IOException {
        return records.isSet(STOPPING);
    }

    /** Notes that a stop begins, unless the program's end is recorded already. */
    void beginStop() throws IOException {
        if (!isStopping() && kept.exitCode().isEmpty()) {
            records.overwrite(STOPPING, "1");
            if (kept.exitCode().isPresent()) {
                records.overwrite(STOPPING, "0"); // it ended by itself in between, and nothing was done to it yet
            }
        }
    }

    /** Whether nothing is left of the run but this evidence. */
    boolean isSettled() throws IOException {
        return records.isSet(SETTLED);
    }

    /** Nothing is left of the run: what it was given goes, too. */
    void settle() throws IOException {
        Directories.delete(records.path(SETUP_FILE)); // which the setup command may have made anything
        records.delete(ENVIRONMENT);
        records.overwrite(SETTLED, "1");
    }

    /** How much of the output was delivered and freed, in bytes. */
    long released() throws IOException {
        return Long.parseLong(records.text(RELEASED).orElse("0").strip());
    }

    void release(long offset) throws IOException {
        records.overwrite(RELEASED, "%019d\n".formatted(offset));
    }
}
