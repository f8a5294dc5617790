package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.ExecutionKey;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
    @ParameterizedTest
    @ValueSource(strings = {"e", "../../etc/passwd", "e\n", "ä/😀", "--privileged"})
    void whateverAnIdHoldsTheNameIsOneThatTheEngineTakes(String execution) {
        assertThat(Names.container(run("ledger", execution, 7))).matches("slipway-[0-9a-f]{32}-7");
    }

    @Test
    void differentRunsHaveDifferentNames() {
        assertThat(Names.container(run("a", "bc", 1)))
                .isNotEqualTo(Names.container(run("ab", "c", 1)))
                .isNotEqualTo(Names.container(run("a", "bc", 2)))
                .isEqualTo(Names.container(run("a", "bc", 1)));
    }

    @Test
    void labelsTellTheRun() {
        RunId run = run("ledger", "e/1 ü", 2);

        assertThat(Names.run(new Owner("executor", "incarnation").labels(Names.RUN, run)))
                .contains(run);
        assertThat(Names.run(Map.of(Names.EXECUTION, "e", Names.ATTEMPT, "no number")))
                .isEmpty();
        assertThat(Names.run(Map.of())).isEmpty();
    }

    private static RunId run(String ledger, String execution, int attempt) {
        return new RunId(ledger, new ExecutionKey(execution, attempt));
    }
}
