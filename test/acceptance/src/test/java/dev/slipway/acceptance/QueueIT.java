package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.testkit.Received;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Two slots, and what waits for them. */
class QueueIT extends ControlPlaneTest {
    @Test
    void runsTwentyTasksTwoAtATimeOldestFirst() throws Exception {
        slipway.configure("max_concurrent_tasks: 2");
        up();
        List<String> tasks = IntStream.range(0, 20).mapToObj(i -> "t" + i).toList();

        tasks.forEach(task -> assign(task, journal.note("start") + "sleep 0.2; " + journal.note("end")));

        tasks.forEach(controlPlane::awaitCompleted);
        int running = 0;
        for (String line : journal.lines()) {
            running += line.startsWith("start") ? 1 : -1;
            assertThat(running).as(journal.lines().toString()).isBetween(0, 2);
        }
        assertThat(journal.lines()).hasSize(40).doesNotHaveDuplicates();
        List<Long> launches = new ArrayList<>();
        for (String task : tasks) {
            launches.add(launchOf(task));
        }
        assertThat(launches).as("the order of the launches").isSorted();
    }

    @Test
    void rejectsWhatTheQueueHasNoRoomFor() throws Exception {
        slipway.configure("max_concurrent_tasks: 2", "slipway:", "  queue_limit: 3");
        up();
        List<String> taken = IntStream.range(0, 5).mapToObj(i -> "t" + i).toList();
        for (String task : taken) {
            assign(task, journal.waitAt("gate"));
            controlPlane.awaitClaim(task);
        }

        assign("one too many", "exit 0");

        assertThat(controlPlane.awaitRejection("one too many").text("reason"))
                .contains("worker at maximum concurrency");
        journal.open("gate");
        taken.forEach(controlPlane::awaitCompleted);
        assign("one too many", "exit 0");
        controlPlane.awaitCompleted("one too many");
    }

    @Test
    void withoutAQueueItRejectsAtOnceAsTheOldDaemonDid() throws Exception {
        slipway.configure("max_concurrent_tasks: 2", "slipway:", "  queue_limit: 0");
        up();
        for (String task : List.of("one", "two")) {
            assign(task, journal.waitAt("gate"));
            controlPlane.awaitClaim(task);
        }

        assign("three", "exit 0");

        assertThat(controlPlane.awaitRejection("three").text("reason")).contains("worker at maximum concurrency");
        journal.open("gate");
        controlPlane.awaitCompleted("one");
        controlPlane.awaitCompleted("two");
        assertThat(controlPlane.received("three")).extracting(Received::type).containsExactly("task_rejected");
    }

    private long launchOf(String task) throws Exception {
        for (JsonNode event : Slipway.JSON.readTree(
                slipway.get("/api/v1/tasks/" + task + "/events").body())) {
            if (event.get("to").textValue().equals("launching")) {
                return event.get("seq").longValue();
            }
        }
        throw new AssertionError(task + " was not launched");
    }
}
