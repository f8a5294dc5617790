package dev.slipway.cli.services;

import dev.slipway.cli.Deadline;
import dev.slipway.cli.services.LaunchRecord.ProcessMark;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** Processes of the host, told apart by pid and start time. */
final class Processes {
    /** The operating system tells start times by a clock that may be set in between; ids are not reused that soon. */
    private static final long START_TOLERANCE_MILLIS = 2_000;

    private static final Duration INTERVAL = Duration.ofMillis(50);

    private Processes() {}

    /** How to find the process again; absent if it has already ended. */
    static Optional<ProcessMark> mark(ProcessHandle process) {
        return process.info().startInstant().map(start -> new ProcessMark(process.pid(), start.toEpochMilli()));
    }

    static boolean isAlive(ProcessMark mark) {
        return find(mark).isPresent();
    }

    /**
     * Asks the process to end, and kills it if it has not done so within {@code patience}.
     *
     * @return whether it had to be killed
     */
    static boolean stop(ProcessMark mark, Duration patience) {
        find(mark).ifPresent(ProcessHandle::destroy);
        if (awaitEnd(mark, patience)) {
            return false;
        }
        find(mark).ifPresent(ProcessHandle::destroyForcibly);
        awaitEnd(mark, patience);
        return true;
    }

    private static boolean awaitEnd(ProcessMark mark, Duration patience) {
        var deadline = Deadline.in(patience);
        while (isAlive(mark)) {
            if (deadline.passed()) {
                return false;
            }
            LockSupport.parkNanos(INTERVAL.toNanos());
        }
        return true;
    }

    private static Optional<ProcessHandle> find(ProcessMark mark) {
        return ProcessHandle.of(mark.pid())
                .filter(ProcessHandle::isAlive)
                .filter(process -> !hasEnded(process.pid()))
                .filter(process -> process.info()
                        .startInstant()
                        .filter(start -> Math.abs(start.toEpochMilli() - mark.startedAt()) <= START_TOLERANCE_MILLIS)
                        .isPresent());
    }

    /** Whether it only waits for its parent to notice; in a container that can take for ever. False where there is no /proc. */
    private static boolean hasEnded(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
            return stat.charAt(stat.lastIndexOf(')') + 2) == 'Z';
        } catch (IOException e) {
            return false;
        }
    }
}
