package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.testkit.Assignment;
import dev.slipway.testkit.Received;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An assigned task runs on this host, and its result gets back. */
class ControlPlaneIT extends ControlPlaneTest {
    @BeforeEach
    void start() throws Exception {
        slipway.configure("max_concurrent_tasks: 2");
        up();
    }

    @Test
    void tellsHowTasksEnd() {
        assign("fine", "exit 0");
        Received completed = controlPlane.awaitResult("fine");
        assertThat(controlPlane.received("fine"))
                .extracting(Received::type)
                .containsExactly("task_claimed", "task_completed");
        assertThat(completed.text("message")).contains("Task completed successfully");
        assertThat(completed.isCancelled()).isFalse();

        assign("seven", "exit 7");
        Received seven = controlPlane.awaitFailed("seven");
        assertThat(seven.failureReason()).contains("agent_invocation");
        assertThat(seven.exitCode()).isEqualTo(OptionalInt.of(7));
        assertThat(seven.text("message").orElseThrow()).startsWith("Failed to execute task: ");

        assign("killed", "kill -9 $$");
        assertThat(controlPlane.awaitFailed("killed").exitCode()).isEqualTo(OptionalInt.of(137));
    }

    @Test
    void runsAnExecutionOnceHoweverOftenItIsAssigned() throws Exception {
        Assignment assignment = assignment("t", journal.note("start") + journal.waitAt("gate"));
        controlPlane.assign(assignment);
        controlPlane.awaitClaim("t");
        controlPlane.assign(assignment);
        controlPlane.await("the claim, again", 2, frame -> frame.is("task_claimed", "t"));
        journal.open("gate");
        controlPlane.awaitCompleted("t");
        controlPlane.assign(assignment);
        controlPlane.await("the result, again", 2, frame -> frame.is("task_completed", "t"));

        assertThat(journal.lines()).containsExactly("start t");
    }

    @Test
    void cancelsARunningTaskWithEverythingItStarted() throws Exception {
        Path grandchild = directory.resolve("grandchild");
        assign(
                "t",
                "setsid sh -c 'trap \"\" TERM HUP INT; echo $$ > " + grandchild
                        + "; while :; do sleep 0.1; done' > /dev/null 2>&1 & " + journal.note("start") + "wait");
        journal.awaitLine("start t");
        await().atMost(Slipway.PATIENCE).until(() -> Files.exists(grandchild) && Files.size(grandchild) > 1);
        long pid = Long.parseLong(Files.readString(grandchild).strip());
        assertThat(Slipway.runs(pid)).isTrue();

        controlPlane.cancel("t");

        Received result = controlPlane.awaitResult("t");
        assertThat(Slipway.runs(pid))
                .as("the grandchild runs when the result is sent")
                .isFalse();
        assertThat(result.isCancelled()).isTrue();
        assertThat(result.text("message")).contains("Task cancelled by user request.");
    }

    @Test
    void cancelsAQueuedTaskThatThenNeverRuns() throws Exception {
        assign("one", journal.note("start") + journal.waitAt("gate"));
        assign("two", journal.note("start") + journal.waitAt("gate"));
        assign("three", journal.note("start"));
        controlPlane.awaitClaim("three");
        assertThat(slipway.awaitState("three", "queued").get("waiting").textValue())
                .contains("limit of 2");

        controlPlane.cancel("three");

        assertThat(controlPlane.awaitResult("three").isCancelled()).isTrue();
        journal.open("gate");
        controlPlane.awaitCompleted("one");
        controlPlane.awaitCompleted("two");
        assertThat(journal.lines()).doesNotContain("start three");
    }

    @Test
    void cancelsATaskThatIsBeingLaunched() throws Exception {
        // An idle executor's report is held for 3 s: one that has just arrived is answered with the next task.
        slipway.awaitReport();
        slipway.signal("executor-direct", "STOP");
        assign("t", journal.note("start") + journal.waitAt("never"));
        slipway.awaitState("t", "launching");

        controlPlane.cancel("t");
        slipway.awaitState("t", "stopping");
        assertThat(controlPlane.received("t"))
                .as("nothing is said before it is known that nothing is left")
                .extracting(Received::type)
                .containsExactly("task_claimed");
        slipway.signal("executor-direct", "CONT");

        assertThat(controlPlane.awaitResult("t").isCancelled()).isTrue();
        assertThat(slipway.processes().stream()
                        .filter(process -> process.info().command().orElse("").endsWith("sh")))
                .isEmpty();
    }

    @Test
    void ignoresACancelForATaskThatItDoesNotHave() {
        controlPlane.cancel("nobody's");
        assign("t", "exit 0");

        controlPlane.awaitCompleted("t");
        assertThat(controlPlane.received("nobody's")).isEmpty();
    }
}
