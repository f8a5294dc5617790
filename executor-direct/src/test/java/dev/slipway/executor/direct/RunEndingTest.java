package dev.slipway.executor.direct;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.Ending;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            success                           | KEEPER    |      |       | 0   |           | exited 0
            failure                           | KEEPER    |      |       | 3   |           | exited 3 agent_invocation: the agent exited with code 3
            death by a signal                 | KEEPER    |      |       | 143 |           | exited 143 agent_invocation: the agent was killed by signal 15 (exit code 143)
            success after a stop              | KEEPER    |      |       | 0   | stopping  | exited 0 stopped
            no such file                      | KEEPER    |      |       | 127 | unstarted | not_started agent_invocation: the agent could not be started: its file or the interpreter it names is missing
            not executable                    | KEEPER    |      |       | 126 | unstarted | not_started agent_invocation: the agent could not be started: its file is of no executable format, may not be executed, or its arguments and environment are too large
            the keeper was killed             | KEEPER    |      |       |     |           | lost unknown: the shell that kept the run was killed before it could record how the agent ended
            another boot                      | KEEPER    |      |       |     | rebooted  | lost unknown: the host was restarted while the agent ran
            another boot, not known to start  | NOBODY    |      |       |     | rebooted  | lost unknown: the host was restarted while the agent ran
            stopped before it began           | STOPPED   |      |       |     |           | not_started task_cancelled: stopped before the agent started
            stopped during setup              | STOPPED   |      | begun |     |           | not_started task_cancelled: stopped before the agent started
            stopped, which ended setup        | STOPPED   | 143  | begun |     |           | not_started task_cancelled: stopped before the agent started
            setup failed                      | ABANDONED | 4    | begun |     |           | not_started setup_command: the setup command (backend.direct.setup_command) exited with code 4
            setup was killed                  | ABANDONED | 137  | begun |     |           | not_started setup_command: the setup command (backend.direct.setup_command) was killed by signal 9 (exit code 137)
            the keeper was killed in setup    | ABANDONED |      | begun |     |           | not_started unknown: the shell that kept the run was killed before the agent started
            the keeper was killed after setup | ABANDONED | 0    | begun |     |           | not_started unknown: the shell that kept the run was killed before the agent started
            the executor was interrupted      | ABANDONED |      |       |     |           | not_started unknown: the executor was interrupted before the agent started
            what setup left cannot be passed  | ABANDONED | 0    | begun |     | refused   | not_started agent_invocation: too long
            """)
    void tells(
            String what,
            Evidence.Claim claim,
            @Nullable Integer setup,
            @Nullable String begun,
            @Nullable Integer exit,
            @Nullable String fact,
            String expected) {
        Verdict verdict = new Verdict(
                "the agent",
                claim,
                !"rebooted".equals(fact),
                Optional.of("too long").filter(_ -> "refused".equals(fact)),
                begun != null,
                code(setup),
                code(exit),
                "unstarted".equals(fact),
                "stopping".equals(fact));

        assertThat(words(verdict.ending())).as(what).isEqualTo(expected);
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
