package dev.slipway.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SimulationTest {
    private static final long FIRST_SEED = Long.getLong("slipway.sim.seed", 1);
    private static final int HISTORIES = Integer.getInteger("slipway.sim.histories", 1_000);

    @Test
    void everyRuleHoldsInEveryHistory() {
        Simulator simulator = new Simulator(new Parts());
        List<Simulator.Run> runs = new ArrayList<>();
        for (long seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed++) {
            History history = Author.history(seed);
            Simulator.Run run = simulator.run(history);
            run.violation().ifPresent(violation -> fail(Story.of(simulator, history, violation), violation));
            runs.add(run);
        }
        if (HISTORIES >= 1_000) {
            assertThat(Simulator.sum(runs)).containsOnlyKeys(Happening.values());
        }
    }

    @Test
    void theSameSeedTellsTheSameStory() {
        Simulator simulator = new Simulator(new Parts());
        assertThat(LongStream.range(FIRST_SEED, FIRST_SEED + 20))
                .allSatisfy(seed -> assertThat(
                                simulator.runTraced(Author.history(seed)).trace())
                        .isNotEmpty()
                        .isEqualTo(simulator.runTraced(Author.history(seed)).trace()));
    }
}
