package dev.slipway.executor.direct;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunEndingTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            success                           | KEEPER    |      |       | 0   |           | exited 0
            failure                           | KEEPER    |      |       | 3   |           | exited 3 AGENT_FAILED: the agent exited with code 3
            death by a signal                 | KEEPER    |      |       | 143 |           | exited 143 AGENT_KILLED: the agent was killed by signal 15 (exit code 143)
            a code beyond the signals         | KEEPER    |      |       | 255 |           | exited 255 AGENT_FAILED: the agent exited with code 255
            success after a stop              | KEEPER    |      |       | 0   | stopping  | exited 0 stopped
            no such file                      | KEEPER    |      |       | 127 | NOT_EXECUTABLE | not_started PROGRAM_MISSING: the agent could not be started, since its file or the interpreter it names is missing
            not executable                    | KEEPER    |      |       | 126 | NOT_EXECUTABLE | not_started PROGRAM_MISSING: the agent could not be started, since its file is of no executable format, or may not be executed
            too large by setup's variables    | KEEPER    | 0    | begun | 126 | VARIABLES_TOO_LARGE | not_started ARGUMENTS_UNFIT: the agent could not be started, since its arguments and environment are too large together with the variables that the setup command left in $OZ_ENVIRONMENT_FILE
            setup's variables are gone        | KEEPER    | 0    | begun | 2   | VARIABLES_UNREADABLE | not_started START_FAILED: the agent was not started, since what the setup command left in $OZ_ENVIRONMENT_FILE was gone
            nobody came to hand them over     | ABANDONED | 0    | begun |     | ALONE     | not_started START_INTERRUPTED: the executor did not come back within a day to go on after the setup command, the agent was not started
            the right could not be claimed    | ABANDONED | 0    | begun |     | UNCLAIMED | not_started WORKSPACE_FAILED: the agent was not started, since nothing can be recorded in the state directory
            stopped before it was claimed     | STOPPED   | 0    | begun |     | UNCLAIMED | not_started STOPPED_BEFORE_START: stopped before the agent started
            the keeper was killed             | KEEPER    |      |       |     |           | lost KEEPER_KILLED: the shell that kept the run was killed before it had recorded how the agent ended
            another boot                      | KEEPER    |      |       |     | rebooted  | lost HOST_RESTARTED: the host was restarted while the agent ran
            another boot, not known to start  | NOBODY    |      |       |     | rebooted  | lost HOST_RESTARTED: the host was restarted while the agent ran
            stopped before it began           | STOPPED   |      |       |     |           | not_started STOPPED_BEFORE_START: stopped before the agent started
            stopped during setup              | STOPPED   |      | begun |     |           | not_started STOPPED_BEFORE_START: stopped before the agent started
            stopped, which ended setup        | STOPPED   | 143  | begun |     |           | not_started STOPPED_BEFORE_START: stopped before the agent started
            setup failed                      | ABANDONED | 4    | begun |     |           | not_started SETUP_FAILED: the setup command (backend.direct.setup_command) exited with code 4
            setup was killed                  | ABANDONED | 137  | begun |     |           | not_started SETUP_FAILED: the setup command (backend.direct.setup_command) was killed by signal 9 (exit code 137)
            the keeper was killed in setup    | ABANDONED |      | begun |     |           | not_started START_INTERRUPTED: the shell that kept the run was killed before the agent started
            the keeper was killed after setup | ABANDONED | 0    | begun |     |           | not_started START_INTERRUPTED: the shell that kept the run was killed before the agent started
            the executor was interrupted      | ABANDONED |      |       |     |           | not_started START_INTERRUPTED: the executor was interrupted before the agent started
            what setup left cannot be passed  | ABANDONED | 0    | begun |     | refused   | not_started ARGUMENTS_UNFIT: too long
            """)
    void tells(
            String what,
            Evidence.Claim claim,
            @Nullable Integer setup,
            @Nullable String begun,
            @Nullable Integer exit,
            @Nullable String fact,
            String expected) {
        RunEnding run = new RunEnding(
                "the agent",
                claim,
                !"rebooted".equals(fact),
                Optional.of(Cause.ARGUMENTS_UNFIT.notStarted("too long")).filter(_ -> "refused".equals(fact)),
                begun != null,
                code(setup),
                code(exit),
                Stream.of(Obstacle.values())
                        .filter(obstacle -> obstacle.name().equals(fact))
                        .findFirst(),
                "stopping".equals(fact));

        assertThat(words(run.ending())).as(what).isEqualTo(inFull(expected));
    }

    /** With the reason and the remedy of the cause that it names. */
    private static String inFull(String expected) {
        return Pattern.compile("([A-Z_]{2,}): (.*)")
                .matcher(expected)
                .replaceFirst(match -> Matcher.quoteReplacement("%s: %s"
                        .formatted(
                                Cause.valueOf(match.group(1)).reason().wireName(),
                                Cause.valueOf(match.group(1)).message(match.group(2)))));
    }

    private static OptionalInt code(@Nullable Integer code) {
        return code == null ? OptionalInt.empty() : OptionalInt.of(code);
    }

    private static String words(Ending ending) {
        return switch (ending) {
            case Ending.Exited exited when exited.code() == 0 -> "exited 0" + (exited.stopped() ? " stopped" : "");
            case Ending.Exited exited ->
                "exited %d %s: %s".formatted(exited.code(), exited.reason().wireName(), exited.message());
            case Ending.NotStarted never ->
                "not_started %s: %s".formatted(never.reason().wireName(), never.message());
            case Ending.Lost lost -> "lost %s: %s".formatted(lost.reason().wireName(), lost.message());
        };
    }
}
