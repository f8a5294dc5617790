package dev.slipway.executor.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.BackendKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdentityTest {
    @TempDir
    Path directory;

    @Test
    void isTheSameAfterARestartAndCountsItsProcessesUpEvenIfTheClockGoesBack() throws Exception {
        Identity first = load(Optional.empty(), 1_000);
        Identity second = load(Optional.empty(), 500);

        assertThat(first.id()).startsWith("direct-");
        assertThat(first.incarnation()).isEqualTo(1_000);
        assertThat(second).isEqualTo(new Identity(first.id(), 1_001));
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(directory.resolve("state/executor-direct.id"))))
                .isEqualTo("rw-------");
    }

    @Test
    void takesAGivenIdInstead() throws Exception {
        assertThat(load(Optional.of("host-1"), 1_000).id()).isEqualTo("host-1");
    }

    @Test
    void aRestartNeedsNoSpaceOnTheDisk() throws Exception {
        load(Optional.empty(), 1_700_000_000_000L);
        Path file = directory.resolve("state/executor-direct.id");
        Object before = Files.readAttributes(file, BasicFileAttributes.class).fileKey();

        load(Optional.empty(), 1_700_000_000_001L);

        assertThat(Files.readAttributes(file, BasicFileAttributes.class).fileKey())
                .as("the same file, written over")
                .isEqualTo(before);
        assertThat(Files.readString(file)).endsWith("\n1700000000001\n");
    }

    @Test
    void anotherIdReplacesTheOneThatIsKept() throws Exception {
        load(Optional.of("a-longer-id-than-the-next"), 1_000);

        assertThat(load(Optional.of("short"), 500)).isEqualTo(new Identity("short", 1_001));
        assertThat(load(Optional.empty(), 500)).isEqualTo(new Identity("short", 1_002));
        assertThat(directory.resolve("state")).isDirectoryNotContaining("glob:**draft");
    }

    @Test
    void twoStateDirectoriesMakeTwoExecutors() throws Exception {
        Identity other =
                Identity.load(directory.resolve("other"), BackendKind.DIRECT, Optional.empty(), Clock.systemUTC());

        assertThat(other.id()).isNotEqualTo(load(Optional.empty(), 1).id());
    }

    private Identity load(Optional<String> given, long now) throws IOException {
        Clock clock = Clock.fixed(Instant.ofEpochMilli(now), ZoneOffset.UTC);
        return Identity.load(directory.resolve("state"), BackendKind.DIRECT, given, clock);
    }
}
