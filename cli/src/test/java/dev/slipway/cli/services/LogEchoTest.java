package dev.slipway.cli.services;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogEchoTest {
    @TempDir
    private Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private Path log;
    private LogEcho echo;

    @BeforeEach
    void begin() throws IOException {
        log = Files.writeString(directory.resolve("a.log"), "of an earlier start\n");
        echo = new LogEcho(List.of(log, directory.resolve("missing.log")));
    }

    @Test
    void copiesWholeLinesThatCameSince() throws IOException {
        append("first\nhal");
        assertThat(copied()).isEqualTo("first\n");
        append("f\n");
        assertThat(copied()).isEqualTo("half\n");
        assertThat(copied()).isEmpty();
    }

    @Test
    void copiesALogThatAppearsLater() throws IOException {
        Files.writeString(directory.resolve("missing.log"), "here\n");

        assertThat(copied()).isEqualTo("here\n");
    }

    @Test
    void beginsAgainWhereALogWasMadeAnew() throws IOException {
        Files.writeString(log, "new\n");
        assertThat(copied()).isEqualTo("new\n");
    }

    @Test
    void doesNotWaitForTheEndOfAHugeLine() throws IOException {
        append("x".repeat(100_000));

        assertThat(copied().length()).isEqualTo(64 << 10);
        append("\n");
        assertThat(copied()).endsWith("x\n").hasSize(100_001 - (64 << 10));
    }

    private void append(String text) throws IOException {
        Files.writeString(log, text, StandardOpenOption.APPEND);
    }

    private String copied() throws IOException {
        out.reset();
        echo.copyTo(out);
        return out.toString(StandardCharsets.UTF_8);
    }
}
