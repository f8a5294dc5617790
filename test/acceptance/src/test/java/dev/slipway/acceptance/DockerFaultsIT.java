package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.protocol.BackendKind;
import dev.slipway.testkit.DockerEngine;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same as {@link FaultsIT}, with containers of a Docker engine that is killed, halted and restarted, too. The engine lets its
 * containers live when the seed is even.
 */
class DockerFaultsIT {
    @TempDir
    Path directory;

    @Test
    void nothingIsLostAndNothingRunsTwice() throws Exception {
        Optional<String> obstacle = DockerEngine.obstacle();
        obstacle.ifPresent(words ->
                System.out.println("DockerFaultsIT SKIPPED, no faults were tried on a real Docker engine: " + words));
        assumeTrue(obstacle.isEmpty(), () -> "no faults were tried on a real Docker engine: " + obstacle.orElse(""));
        FaultPlan plan = FaultPlan.of(
                BackendKind.DOCKER,
                Long.getLong("slipway.faults.seed", 1),
                Integer.getInteger("slipway.faults.tasks", 48),
                Integer.getInteger("slipway.faults.count", 33));

        Verdict verdict = FaultHarness.judge(plan, directory);

        System.out.println(verdict.report());
        assertThat(verdict.isGood()).as(verdict.report()).isTrue();
    }
}
