package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerStateTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/x/run.sh  | /bin:/sbin | /work | /x/run.sh",
                "./run.sh   | /bin:/sbin | /work | /work/./run.sh",
                "sub/run.sh | /bin:/sbin | /work | /work/sub/run.sh",
                "./run.sh   | /bin       | ''    | /./run.sh",
                "run.sh     | /bin:/sbin | /work | /bin/run.sh,/sbin/run.sh",
                "run.sh     | bin::/sbin | /work | /work/bin/run.sh,/work/run.sh,/sbin/run.sh",
            })
    void aProgramIsLookedForFromTheDirectoryInWhichItBegins(
            String program, String path, String directory, String expected) {
        ContainerState state = new ContainerState(
                "id",
                "/name",
                Map.of(),
                "exited",
                127,
                false,
                "",
                5,
                6,
                program,
                List.of(path.split(":", -1)),
                directory,
                "SIGTERM");

        assertThat(state.programFiles()).isEqualTo(Arrays.asList(expected.split(",", -1)));
    }
}
