package dev.slipway.cli.services;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.cli.services.LaunchRecord.ProcessMark;
import java.io.BufferedReader;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProcessesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private Process parent;
    private ProcessMark child;

    /** A process whose parent does not look after it. */
    @BeforeEach
    void start() throws IOException {
        parent = new ProcessBuilder("sh", "-c", "sleep 600 > /dev/null & echo $!; exec sleep 600").start();
        try (BufferedReader out = parent.inputReader()) {
            child = Processes.mark(Long.parseLong(out.readLine())).orElseThrow();
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        ProcessHandle.of(child.pid()).ifPresent(ProcessHandle::destroyForcibly);
        parent.destroyForcibly().waitFor();
    }

    @Test
    void aProcessIsItselfAndNoOtherOfItsNumber() {
        assertThat(Processes.isAlive(child)).isTrue();
        assertThat(Processes.mark(child.pid())).contains(child);
        assertThat(Processes.isAlive(new ProcessMark(child.pid(), "another boot 1")))
                .isFalse();
        assertThat(Processes.isAlive(new ProcessMark(ProcessHandle.current().pid(), child.start())))
                .isFalse();
    }

    @Test
    void aProcessThatHasEndedIsNotAliveBecauseItsParentDoesNotLook() {
        assertThat(Processes.isAlive(child)).isTrue();

        assertThat(Processes.stop(child, PATIENCE)).as("it had to be killed").isFalse();

        assertThat(ProcessHandle.of(child.pid()))
                .as("its entry in the process table")
                .isPresent();
        assertThat(Processes.isAlive(child)).isFalse();
    }
}
