package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.Ending;
import dev.slipway.protocol.FailureReason;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0   | false | true  | unknown         | ",
                "0   | true  | true  | unknown         | ",
                "3   | false | true  | container_exit  | the agent exited with code 3: its output says why",
                "3   | true  | true  | container_oom   | the agent ran out of the memory that its shape allows (exit code 3): give the task a larger shape, or make it need less",
                "137 | true  | true  | container_oom   | the agent ran out of the memory that its shape allows (exit code 137): give the task a larger shape, or make it need less",
                "137 | false | true  | container_exit  | the agent was killed by signal 9 (exit code 137): look for who sent it: an operator, or an engine that was restarted without live-restore",
                "126 | false | true  | container_exit  | the agent exited with code 126: its output says why",
                "127 | false | true  | container_exit  | the agent exited with code 127: its output says why",
                "255 | false | true  | container_exit  | the agent exited with code 255: its output says why",
            })
    void whatRanHasExited(int code, boolean oom, boolean hasProgram, String reason, String message) {
        Ending ending = new Verdict(exited(code, oom), hasProgram, false).ending();

        assertThat(ending)
                .isEqualTo(new Ending.Exited(
                        code, FailureReason.ofWireName(reason), message == null ? "" : message, false));
    }

    @Test
    void aProgramThatIsNotThereNeverStarted() {
        assertThat(new Verdict(exited(127, false), false, false).ending())
                .isEqualTo(new Ending.NotStarted(
                        FailureReason.CONTAINER_START,
                        "the agent could not be started: the container has no /agent/entrypoint.sh that can be executed (exit code 127): name another program or another image; an agent needs its sidecar at /agent",
                        false));
    }

    @Test
    void aStopThatHadBegunIsTold() {
        assertThat(new Verdict(exited(0, false), true, true).ending())
                .isEqualTo(new Ending.Exited(0, FailureReason.UNKNOWN, "", true));
    }

    @ParameterizedTest
    @CsvSource({
        "transport is closing: unavailable, true",
        "'context canceled: unknown', true",
        "'OCI runtime create failed: container_linux.go:380: starting container process caused: exec: \"/nope\"', false",
        "endpoint with name slipway-1 already exists in network none, false",
    })
    void anEngineThatLostItsContainerdDoesNotKnowWhetherItStarted(String words, boolean isDoubtful) {
        assertThat(Verdict.isDoubtful(words)).isEqualTo(isDoubtful);
    }

    @ParameterizedTest
    @CsvSource({
        "exec: \"/nope\": stat /nope: no such file or directory: unknown, container_start, false",
        "error while creating mount source path '/x': mkdir /x: read-only file system, container_start, false",
        "mkdir /var/lib/docker/overlay2/x: no space left on device, container_create, true",
    })
    void whatTheEngineDoesNotStartNeverStarted(String words, String reason, boolean isTransient) {
        assertThat(Verdict.notStarted(words))
                .extracting(Ending.NotStarted::reason, Ending.NotStarted::isTransient)
                .containsExactly(FailureReason.ofWireName(reason), isTransient);
    }

    private static ContainerState exited(int code, boolean oom) {
        return new ContainerState(
                "id",
                "/name",
                Map.of(Names.PROGRAM, "the agent"),
                "exited",
                code,
                oom,
                "",
                4,
                5,
                6,
                "/agent/entrypoint.sh",
                List.of("/bin"),
                "/",
                "SIGTERM");
    }
}
