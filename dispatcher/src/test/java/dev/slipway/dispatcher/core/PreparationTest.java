package dev.slipway.dispatcher.core;

import static dev.slipway.dispatcher.core.Desk.preparing;
import static dev.slipway.dispatcher.core.Desk.running;
import static dev.slipway.dispatcher.core.Desk.stopping;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.Cause;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.TaskState;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreparationTest {
    private final Desk desk = new Desk();

    @ParameterizedTest
    @CsvSource({
        "0,  '',              0, pulling a: 1 of 9, 0,     true,  'the first words'",
        "1,  pulling a: 1 of 9, 0, '',              9000,  false, 'no words'",
        "1,  pulling a: 1 of 9, 0, pulling a: 1 of 9, 9000, false, 'the same words'",
        "1,  pulling a: 1 of 9, 0, pulling a: 2 of 9, 4999, false, 'numbers too soon'",
        "1,  pulling a: 1 of 9, 0, pulling a: 2 of 9, 5000, true,  'numbers after a while'",
        "4,  pulling a: 1 of 9, 0, pulling a: 2 of 9, 19999, false, 'numbers are recorded ever more seldom'",
        "4,  pulling a: 1 of 9, 0, pulling a: 2 of 9, 20000, true,  'ever more seldom, but they are'",
        "4,  pulling a: 1 of 9, 0, starting,         1,     true,  'another phase'",
        "50, pulling a: 1 of 9, 0, starting,         9000,  false, 'enough'",
    })
    void recordsAPhaseAtOnceAndNumbersNowAndThen(
            int recorded, String before, long at, String words, long now, boolean isNews, String why) {
        assertThat(new Preparation(recorded, before, at).isNews(words, now))
                .as(why)
                .isEqualTo(isNews);
    }

    @Test
    void whatIsBeingPreparedIsRecordedAndShown() {
        desk.submit("a");
        desk.sync("e");

        desk.sync("e", preparing("a", "pulling image a:1"));
        desk.sync("e", preparing("a", "pulling image a:1"));
        desk.sync("e", preparing("a", "pulling image a:1: 1 of 2 layers"));

        assertThat(recorded()).containsExactly("pulling image a:1");
        assertThat(waiting("a")).as("the latest, recorded or not").contains("pulling image a:1: 1 of 2 layers");
        desk.now += 5_000;
        desk.sync("e", preparing("a", "pulling image a:1: 2 of 2 layers"));
        desk.sync("e", preparing("a", "starting"));
        assertThat(recorded()).containsExactly("pulling image a:1", "pulling image a:1: 2 of 2 layers", "starting");
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.LAUNCHING);

        desk.sync("e", running("a"));

        assertThat(waiting("a")).isEmpty();
    }

    @Test
    void onlyWhatIsBeingLaunchedThereIsPrepared() {
        desk.submit("a");
        desk.sync("e");

        desk.sync("thief", preparing("a", "pulling image a:1"));
        desk.sync("e", new ExecutorSync.Run(new ExecutionKey("other", 1), false, false, 0, 0, "pulling image a:1"));
        desk.play(new Event.CancelExecution("a", "user"));
        desk.sync("e", preparing("a", "pulling image a:1"), stopping("b"));

        assertThat(recorded()).isEmpty();
        assertThat(waiting("a")).isEmpty();
    }

    @Test
    void aFurtherAttemptGoesOnCounting() {
        desk.submit("a");
        desk.sync("e");
        desk.sync("e", preparing("a", "pulling image a:1"));
        desk.sync(
                "e",
                0,
                List.of(),
                List.of(new ExecutorSync.Finished(
                        Desk.key("a"), Cause.START_FAILED.notStarted("no space"), 0, Desk.START)));
        assertThat(desk.stateOf("a")).isEqualTo(TaskState.QUEUED);
        assertThat(preparation("a").recorded()).isEqualTo(1);

        desk.play(new Event.CancelExecution("a", "user"));

        assertThat(preparation("a")).as("nothing is kept of what has ended").isEqualTo(Preparation.NONE);
    }

    @Property(tries = 50)
    void howeverOftenAnExecutorTellsTheLedgerStaysSmall(
            @ForAll @Size(200) List<@IntRange(max = 3) Integer> phases, @ForAll @IntRange(max = 4_000) int pause) {
        Desk busy = new Desk();
        busy.submit("a");
        busy.sync("e");
        for (int i = 0; i < phases.size(); i++) {
            busy.now += pause;
            busy.sync("e", preparing("a", "phase %d: %d".formatted(phases.get(i), i)));
        }
        assertThat(busy.changes.stream().filter(Change.Prepared.class::isInstance))
                .hasSizeBetween(1, Preparation.MAX_RECORDED);
    }

    private List<String> recorded() {
        return desk.changes.stream()
                .filter(Change.Prepared.class::isInstance)
                .map(change -> ((Change.Prepared) change).words())
                .toList();
    }

    private Preparation preparation(String execution) {
        return desk.state.execution(execution).orElseThrow().preparation();
    }

    private Optional<String> waiting(String execution) {
        return WaitingReason.of(
                desk.state, Desk.limits(0, 100), desk.state.execution(execution).orElseThrow(), desk.now);
    }
}
