package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.slipway.testkit.Received;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AssignerTest {
    @ParameterizedTest
    @CsvSource({
        "task_rejected, false",
        "task_claimed, true",
        "task_rejected task_claimed, true",
        "task_claimed task_rejected, false",
        "task_claimed task_rejected task_claimed, true",
        "task_claimed task_failed task_rejected, true",
        "task_completed, true",
        "heartbeat, false",
    })
    void aTaskIsTheWorkersIfItsLastWordIsAClaimOrThereIsAResult(String told, boolean isTaken) {
        List<Received> frames =
                Arrays.stream(told.split(" ", -1)).map(AssignerTest::frame).toList();

        assertThat(Assigner.taken(frames)).isEqualTo(isTaken ? Set.of("t") : Set.of());
    }

    private static Received frame(String type) {
        return new Received(1, type, JsonNodeFactory.instance.objectNode().put("task_id", "t"));
    }
}
