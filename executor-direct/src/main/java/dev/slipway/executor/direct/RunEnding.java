package dev.slipway.executor.direct;

import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.FailureReason;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Decides how a run that is over has ended. Pure.
 *
 * @param program what ran, for messages
 * @param claim who made the right to start their own
 * @param isOfThisBoot whether the host was not restarted since
 * @param refusal why the program must not be started, if somebody found that out
 * @param hasBegunSetup whether the keeper had begun with the setup command
 * @param setup how the setup command ended
 * @param exit how the program ended
 * @param obstacle why the keeper could not start the program
 * @param isStopping whether a stop began before its end
 */
record RunEnding(
        String program,
        Evidence.Claim claim,
        boolean isOfThisBoot,
        Optional<Ending.NotStarted> refusal,
        boolean hasBegunSetup,
        OptionalInt setup,
        OptionalInt exit,
        Optional<Obstacle> obstacle,
        boolean isStopping) {
    private static final int LAST_SIGNAL = 64;

    static RunEnding of(Evidence evidence) throws IOException {
        return new RunEnding(
                evidence.meta().program(),
                evidence.claim(),
                evidence.kept().isOfThisBoot(),
                evidence.refusal(),
                evidence.hasBegunSetup(),
                evidence.setupCode(),
                evidence.kept().exitCode(),
                evidence.kept().obstacle(),
                evidence.isStopping());
    }

    Ending ending() {
        return switch (claim) {
            case STOPPED -> Cause.STOPPED_BEFORE_START.notStarted("stopped before " + program + " started");
            case ABANDONED -> refusal.isPresent() ? refusal.get() : abandoned();
            case NOBODY, KEEPER -> exit.isPresent() ? exited(exit.getAsInt()) : lost();
        };
    }

    private Ending abandoned() {
        if (setup.isPresent() && setup.getAsInt() != 0) {
            return Cause.SETUP_FAILED.notStarted(
                    "the setup command (backend.direct.setup_command) " + how(setup.getAsInt()));
        }
        if (obstacle.isPresent()) {
            return hindered(obstacle.get(), 0);
        }
        return Cause.START_INTERRUPTED.notStarted(
                hasBegunSetup
                        ? "the shell that kept the run was killed before %s started".formatted(program)
                        : "the executor was interrupted before %s started".formatted(program));
    }

    private Ending exited(int code) {
        if (obstacle.isPresent()) {
            return hindered(obstacle.get(), code);
        }
        return code == 0
                ? new Ending.Exited(0, FailureReason.UNKNOWN, "", isStopping)
                : (isSignal(code) ? Cause.AGENT_KILLED : Cause.AGENT_FAILED)
                        .exited(code, program + " " + how(code), isStopping);
    }

    private Ending hindered(Obstacle by, int code) {
        return switch (by) {
            case ALONE ->
                Cause.START_INTERRUPTED.notStarted(
                        "the executor did not come back within a day to go on after the setup command, %s was not started"
                                .formatted(program));
            case UNCLAIMED ->
                Cause.WORKSPACE_FAILED.notStarted(
                        "%s was not started, since nothing can be recorded in the state directory".formatted(program));
            case VARIABLES_UNREADABLE ->
                Cause.START_FAILED.notStarted(
                        "%s was not started, since what the setup command left in $OZ_ENVIRONMENT_FILE was gone"
                                .formatted(program));
            case VARIABLES_TOO_LARGE ->
                Cause.ARGUMENTS_UNFIT.notStarted(
                        "%s could not be started, since its arguments and environment are too large together with the variables that the setup command left in $OZ_ENVIRONMENT_FILE"
                                .formatted(program));
            case NOT_EXECUTABLE ->
                Cause.PROGRAM_MISSING.notStarted(
                        program
                                + (code == 127
                                        ? " could not be started, since its file or the interpreter it names is missing"
                                        : " could not be started, since its file is of no executable format, or may not be executed"));
        };
    }

    private Ending lost() {
        return isOfThisBoot
                ? Cause.KEEPER_KILLED.lost(
                        "the shell that kept the run was killed before it had recorded how %s ended".formatted(program))
                : Cause.HOST_RESTARTED.lost("the host was restarted while %s ran".formatted(program));
    }

    /** Shells tell a signal so; larger codes are the program's own. */
    private static boolean isSignal(int code) {
        return code > 128 && code <= 128 + LAST_SIGNAL;
    }

    private static String how(int code) {
        return isSignal(code)
                ? "was killed by signal %d (exit code %d)".formatted(code - 128, code)
                : "exited with code %d".formatted(code);
    }
}
