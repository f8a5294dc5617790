package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.BackendKind;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every kind of fault, three at a time, while tasks come, run and end. Another history: {@code -Dslipway.faults.seed=N}; a
 * longer one: {@code -Dslipway.faults.tasks=N -Dslipway.faults.count=N}.
 */
class FaultsIT {
    @TempDir
    Path directory;

    @Test
    void nothingIsLostAndNothingRunsTwice() throws Exception {
        FaultPlan plan = FaultPlan.of(
                BackendKind.DIRECT,
                Long.getLong("slipway.faults.seed", 1),
                Integer.getInteger("slipway.faults.tasks", 64),
                Integer.getInteger("slipway.faults.count", 27));

        Verdict verdict = FaultHarness.judge(plan, directory);

        System.out.println(verdict.report());
        assertThat(verdict.isGood()).as(verdict.report()).isTrue();
    }
}
