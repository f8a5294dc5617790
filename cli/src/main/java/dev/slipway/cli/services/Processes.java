package dev.slipway.cli.services;

import dev.slipway.cli.Deadline;
import dev.slipway.cli.services.LaunchRecord.ProcessMark;
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
                .filter(process -> process.info()
                        .startInstant()
                        .filter(start -> Math.abs(start.toEpochMilli() - mark.startedAt()) <= START_TOLERANCE_MILLIS)
                        .isPresent());
    }
}
