package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.testkit.FakeControlPlane;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every kind of fault while tasks come, run and end. Another history: {@code -Dslipway.faults.seed=N}; a longer one:
 * {@code -Dslipway.faults.tasks=N -Dslipway.faults.count=N}. What was seen is in {@code target/faults-<seed>.txt}.
 */
class FaultsIT {
    @TempDir
    Path directory;

    @Test
    void nothingIsLostAndNothingRunsTwice() throws Exception {
        FaultPlan plan = FaultPlan.of(
                Long.getLong("slipway.faults.seed", 1),
                Integer.getInteger("slipway.faults.tasks", 64),
                Integer.getInteger("slipway.faults.count", 17));

        Verdict verdict = Verdict.of(plan, carryOut(plan));

        Files.writeString(Path.of("target", "faults-" + plan.seed() + ".txt"), verdict.report());
        assertThat(verdict.isGood()).as(verdict.report()).isTrue();
    }

    private Verdict.Seen carryOut(FaultPlan plan) throws Exception {
        Slipway slipway = new Slipway(directory).with("WARP_API_KEY", "key");
        Optional<SmallDisk> disk = SmallDisk.mount(slipway.state(), 256);
        try (FakeControlPlane controlPlane = FakeControlPlane.start(Slipway.PATIENCE, 0)) {
            slipway.configure("max_concurrent_tasks: 8", "slipway:", "  queue_limit: 1000");
            try {
                return new FaultHarness(slipway, controlPlane, directory, disk).carryOut(plan);
            } finally {
                slipway.close();
            }
        } finally {
            if (disk.isPresent()) {
                disk.get().unmount();
            }
        }
    }
}
