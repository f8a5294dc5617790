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
    private static final Path PROC = Path.of("/proc");
    private static final Duration INTERVAL = Duration.ofMillis(50);

    private Processes() {}

    /** How to find the process again; absent if it has already ended. */
    static Optional<ProcessMark> mark(long pid) {
        return start(pid).map(start -> new ProcessMark(pid, start));
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
                .filter(_ -> start(mark.pid()).filter(mark.start()::equals).isPresent());
    }

    /**
     * The boot and the clock tick at which it started: the time of day that {@link ProcessHandle} computes from them moves
     * whenever the clock is set. Empty if there is no such process, or it has ended and only waits for its parent to notice,
     * which in a container can take for ever.
     */
    private static Optional<String> start(long pid) {
        if (!Files.exists(PROC.resolve("self/stat"))) { // not Linux
            return ProcessHandle.of(pid)
                    .flatMap(process -> process.info().startInstant())
                    .map(Object::toString);
        }
        try {
            var stat = Files.readString(PROC.resolve(Long.toString(pid)).resolve("stat"), StandardCharsets.ISO_8859_1);
            var fields = stat.substring(stat.lastIndexOf(") ") + 2).split(" ", -1); // names may hold spaces
            return fields[0].equals("Z")
                    ? Optional.empty()
                    : Optional.of(Files.readString(PROC.resolve("sys/kernel/random/boot_id"))
                                    .strip()
                            + " " + fields[19]);
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
