package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.testkit.Received;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Results arrive, whatever becomes of the connection. */
class ConnectionIT extends ControlPlaneTest {
    @BeforeEach
    void start() throws Exception {
        slipway.configure();
        up();
    }

    @Test
    void aTaskOutlivesTheConnectionItCameBy() {
        assign("t", journal.note("start") + journal.waitAt("gate") + "exit 3");
        journal.awaitLine("start t");
        controlPlane.refuseHandshakes(503);
        controlPlane.cut();
        controlPlane.awaitDisconnected();
        journal.open("gate");
        controlPlane.acceptHandshakes();

        Received result = controlPlane.awaitFailed("t");

        assertThat(result.connection()).isEqualTo(2);
        assertThat(result.exitCode()).hasValue(3);
        assertThat(journal.lines()).containsExactly("start t");
    }

    @Test
    void aResultThatWasWrittenButNotReceivedIsWrittenAgain() throws Exception {
        List<String> tasks = IntStream.range(0, 5).mapToObj(i -> "t" + i).toList();
        tasks.forEach(task -> assign(task, journal.note("start") + journal.waitAt("gate")));
        tasks.forEach(task -> journal.awaitLine("start " + task));
        controlPlane.stopReading();
        journal.open("gate");
        for (String task : tasks) {
            slipway.awaitState(task, "succeeded");
        }
        controlPlane.cut();
        controlPlane.resumeReading();

        tasks.forEach(controlPlane::awaitCompleted);

        assertThat(journal.lines()).hasSize(5);
    }

    @Test
    void aResultThatNoPongFollowedIsWrittenAgain() {
        controlPlane.deaf(true);
        assign("t", "exit 0");
        controlPlane.awaitCompleted("t");
        controlPlane.deaf(false);
        controlPlane.cut();

        assertThat(controlPlane
                        .await("the result, again", 2, frame -> frame.is("task_completed", "t"))
                        .getLast()
                        .connection())
                .isEqualTo(2);
    }

    @Test
    void aConfirmedResultIsNotWrittenAgain() throws Exception {
        assign("t", "exit 0");
        controlPlane.awaitCompleted("t");
        await().atMost(Slipway.PATIENCE).until(() -> slipway.metric("slipway_outbox_backlog") == 0);
        controlPlane.cut();
        controlPlane.awaitConnection(2);
        assign("u", "exit 0");
        controlPlane.awaitCompleted("u");

        assertThat(controlPlane.received("t"))
                .extracting(Received::type)
                .containsExactly("task_claimed", "task_completed");
    }
}
