package dev.slipway.executor.direct;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/** What one keeper records about the processes that it keeps, in a directory that it shares with whoever watches it. */
final class Kept {
    static final String CLAIMED = "claimed";

    private static final String KEEPER = "keeper";
    private static final String EXIT = "exit";
    private static final String OBSTACLE = "obstacle";
    private static final String SEEN = "seen";
    private static final String BOOT = "boot";
    private static final String NO_BOOT = " ".repeat(36);

    private final Records records;
    private final byte[] mark;

    /** @param mark in the environment of all its processes */
    Kept(Path directory, String mark) {
        this.records = new Records(directory);
        this.mark = (ProcessTree.MARK + "=" + mark).getBytes(StandardCharsets.UTF_8);
    }

    /** @param boot of the host in which the keeper is started; nothing runs on across a boot. Absent: not started yet */
    static void write(Path directory, Optional<String> boot) throws IOException {
        Records records = new Records(directory);
        records.create(EXIT, Records.NO_CODE);
        records.create(OBSTACLE, "-");
        records.create(BOOT, boot.orElse(NO_BOOT));
    }

    Path directory() {
        return records.directory();
    }

    byte[] mark() {
        return mark;
    }

    void begin(String boot) throws IOException {
        records.overwrite(BOOT, boot);
    }

    boolean isOfThisBoot() throws IOException {
        return records.text(BOOT).orElse("").strip().equals(Proc.bootId());
    }

    boolean isOfEarlierBoot() throws IOException {
        return !records.text(BOOT).orElse("").isBlank() && !isOfThisBoot();
    }

    Optional<Proc.Identity> keeper() throws IOException {
        return records.text(KEEPER).filter(text -> text.endsWith("\n")).flatMap(Proc.Identity::parse);
    }

    boolean isKeeperAlive() throws IOException {
        return isOfThisBoot() && keeper().filter(Proc::isAlive).isPresent();
    }

    /** Whether there was a keeper and there is none any more. */
    boolean isKeeperGone() throws IOException {
        return keeper().isPresent() && !isKeeperAlive();
    }

    /** Whether the keeper made the right to start its own. */
    boolean isClaimed() {
        return Files.isDirectory(records.path(CLAIMED), LinkOption.NOFOLLOW_LINKS);
    }

    /** How what it keeps ended, once that is recorded. */
    OptionalInt exitCode() throws IOException {
        return records.code(EXIT);
    }

    long exitMillis() throws IOException {
        return Files.getLastModifiedTime(records.path(EXIT)).toMillis();
    }

    /** Why the keeper could not start the program, if it could not. */
    Optional<Obstacle> obstacle() throws IOException {
        return Obstacle.ofLetter(records.text(OBSTACLE).orElse(""));
    }

    /** The processes that belonged when somebody looked last. */
    Set<Proc.Identity> seen() throws IOException {
        return records.text(SEEN)
                .orElse("")
                .lines()
                .flatMap(line -> Proc.Identity.parse(line).stream())
                .collect(Collectors.toSet());
    }

    void recordSeen(Set<Proc.Identity> processes) throws IOException {
        records.replace(
                SEEN, processes.stream().map(Proc.Identity::toString).collect(Collectors.joining("\n", "", "\n")));
    }
}
