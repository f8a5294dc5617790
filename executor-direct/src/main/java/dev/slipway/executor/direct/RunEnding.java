package dev.slipway.executor.direct;

import dev.slipway.protocol.Ending;
import dev.slipway.protocol.FailureReason;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a run that is over says about its end. Pure.
 *
 * @param program what ran, for messages
 * @param claim who made the right to start their own
 * @param isOfThisBoot whether the host was not restarted since
 * @param refusal why the program must not be started, if somebody found that out
 * @param preparing whether the keeper had begun with a setup command
 * @param setup how the setup command ended
 * @param exit how the program ended
 * @param isUnstarted whether the program could not be executed at all
 * @param isStopping whether a stop began before its end
 */
record Verdict(
        String program,
        Evidence.Claim claim,
        boolean isOfThisBoot,
        Optional<String> refusal,
        boolean preparing,
        OptionalInt setup,
        OptionalInt exit,
        boolean isUnstarted,
        boolean isStopping) {
    static Verdict of(Evidence evidence) throws IOException {
        return new Verdict(
                evidence.meta().program(),
                evidence.claim(),
                evidence.kept().isOfThisBoot(),
                evidence.refusal(),
                evidence.meta().hasSetup() && evidence.kept().keeper().isPresent(),
                evidence.setupCode(),
                evidence.kept().exitCode(),
                evidence.kept().isUnstarted(),
                evidence.isStopping());
    }

    Ending ending() {
        return switch (claim) {
            case STOPPED -> never(FailureReason.TASK_CANCELLED, "stopped before " + program + " started");
            case ABANDONED -> abandoned();
            case NOBODY, KEEPER -> exit.isPresent() ? exited(exit.getAsInt()) : lost();
        };
    }

    private Ending abandoned() {
        if (refusal.isPresent()) {
            return never(FailureReason.AGENT_INVOCATION, refusal.get());
        }
        if (setup.isPresent() && setup.getAsInt() != 0) {
            return never(
                    FailureReason.SETUP_COMMAND,
                    "the setup command (backend.direct.setup_command) " + how(setup.getAsInt()));
        }
        return never(
                FailureReason.UNKNOWN,
                preparing
                        ? "the shell that kept the run was killed before %s started".formatted(program)
                        : "the executor was interrupted before %s started".formatted(program));
    }

    private Ending exited(int code) {
        if (isUnstarted) {
            return never(
                    FailureReason.AGENT_INVOCATION,
                    program
                            + (code == 127
                                    ? " could not be started: its file or the interpreter it names is missing"
                                    : " could not be started: its file is of no executable format, may not be executed, or its arguments and environment are too large"));
        }
        return code == 0
                ? new Ending.Exited(0, FailureReason.UNKNOWN, "", isStopping)
                : new Ending.Exited(code, FailureReason.AGENT_INVOCATION, program + " " + how(code), isStopping);
    }

    private Ending lost() {
        return new Ending.Lost(
                FailureReason.UNKNOWN,
                isOfThisBoot
                        ? "the shell that kept the run was killed before it could record how %s ended"
                                .formatted(program)
                        : "the host was restarted while %s ran".formatted(program));
    }

    private static String how(int code) {
        return code > 128
                ? "was killed by signal %d (exit code %d)".formatted(code - 128, code)
                : "exited with code %d".formatted(code);
    }

    private static Ending never(FailureReason reason, String message) {
        return new Ending.NotStarted(reason, message);
    }
}
