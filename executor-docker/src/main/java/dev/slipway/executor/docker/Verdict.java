package dev.slipway.executor.docker;

import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.FailureReason;
import java.util.List;
import java.util.Locale;

/**
 * Decides how a run has ended whose container does not run any more. Pure.
 *
 * @param hasProgram whether the container has the file that was to be its program, and it can be executed; asked only where
 *     that matters
 * @param isStopping whether a stop began before its end
 */
record Verdict(ContainerState container, boolean hasProgram, boolean isStopping) {
    /** As the init process and shells tell that a program cannot be started. */
    private static final int NOT_EXECUTABLE = 126;

    private static final int NOT_FOUND = 127;
    private static final int LAST_SIGNAL = 64;
    private static final List<String> LOST_CONTAINERD =
            List.of("transport is closing", "unavailable", "ttrpc: closed", "context canceled", "deadline exceeded");

    /** Whether it matters that the program's file is there: only then is it looked for. */
    static boolean asksForProgram(ContainerState container) {
        return container.hasBegun() && (container.exitCode() == NOT_EXECUTABLE || container.exitCode() == NOT_FOUND);
    }

    Ending ending() {
        String program = container.labels().getOrDefault(Names.PROGRAM, "the command");
        int code = container.exitCode();
        if (!container.hasBegun()) {
            return notStarted(container.error());
        }
        if (code == 0) {
            return new Ending.Exited(0, FailureReason.UNKNOWN, "", isStopping);
        }
        if (container.outOfMemory()) {
            return Cause.CONTAINER_OUT_OF_MEMORY.exited(
                    code,
                    "%s ran out of the memory that its shape allows (exit code %d)".formatted(program, code),
                    isStopping);
        }
        if (asksForProgram(container) && !hasProgram) {
            return Cause.CONTAINER_PROGRAM_MISSING.notStarted(
                    "%s could not be started: the container has no %s that can be executed (exit code %d)"
                            .formatted(program, container.program(), code));
        }
        return isSignal(code)
                ? Cause.CONTAINER_KILLED.exited(
                        code,
                        "%s was killed by signal %d (exit code %d)".formatted(program, code - 128, code),
                        isStopping)
                : Cause.CONTAINER_FAILED.exited(code, "%s exited with code %d".formatted(program, code), isStopping);
    }

    /** @param words the engine's, of a start that it has refused */
    static Ending.NotStarted notStarted(String words) {
        return startFailure(words).notStarted("the container could not be started: " + words);
    }

    static Cause startFailure(String words) {
        String lower = words.toLowerCase(Locale.ROOT);
        if (isDiskFull(words)) {
            return Cause.ENGINE_DISK_FULL;
        }
        return lower.contains("exec: ") || lower.contains("executable file not found")
                ? Cause.CONTAINER_PROGRAM_MISSING
                : Cause.CONTAINER_START_FAILED;
    }

    /**
     * Whether these words of the engine say no more than that it has lost its containerd, or was about to end itself: what it
     * was to start may run.
     */
    static boolean isDoubtful(String words) {
        String lower = words.toLowerCase(Locale.ROOT);
        return LOST_CONTAINERD.stream().anyMatch(lower::contains);
    }

    static boolean isDiskFull(String words) {
        return words.toLowerCase(Locale.ROOT).contains("no space left on device");
    }

    /** Shells and the init process tell a signal so; larger codes are the program's own. */
    private static boolean isSignal(int code) {
        return code > 128 && code <= 128 + LAST_SIGNAL;
    }
}
