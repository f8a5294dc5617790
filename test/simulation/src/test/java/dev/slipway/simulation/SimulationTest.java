package dev.slipway.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SimulationTest {
    private static final long FIRST_SEED = Long.getLong("slipway.sim.seed", 1);
    private static final int HISTORIES = Integer.getInteger("slipway.sim.histories", 10_000);

    /** If it is more than 0, histories are lived through for so long instead. */
    private static final int MINUTES = Integer.getInteger("slipway.sim.minutes", 0);

    @Test
    void everyRuleHoldsInEveryHistory() {
        Simulator simulator = new Simulator(new Parts());
        Map<Happening, Integer> met = new EnumMap<>(Happening.class);
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
        long histories = 0;
        while (MINUTES > 0 ? System.nanoTime() - end < 0 : histories < HISTORIES) {
            History history = Author.history(FIRST_SEED + histories);
            Simulator.Run run = simulator.run(history);
            run.violation().ifPresent(violation -> fail(Story.of(simulator, history, violation), violation));
            Simulator.sum(List.of(run)).forEach((happening, times) -> met.merge(happening, times, Integer::sum));
            histories++;
        }
        if (histories >= 1_000) {
            assertThat(met).containsOnlyKeys(Happening.values());
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
