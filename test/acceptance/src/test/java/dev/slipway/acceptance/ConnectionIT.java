package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.testkit.Assignment;
import dev.slipway.testkit.FakeControlPlane;
import dev.slipway.testkit.Received;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Results arrive, whatever becomes of the connection. */
class ConnectionIT {
    @TempDir
    private Path directory;

    private FakeControlPlane controlPlane;
    private Slipway slipway;
    private Journal journal;

    @BeforeEach
    void start() throws Exception {
        controlPlane = FakeControlPlane.start(Slipway.PATIENCE, 0);
        journal = new Journal(directory);
        slipway = new Slipway(directory).with("WARP_API_KEY", "key");
        slipway.configure();
        slipway.up("--web-socket-url", controlPlane.uri().toString());
        controlPlane.awaitConnection(1);
    }

    @AfterEach
    void stop() throws Exception {
        slipway.stop();
        controlPlane.close();
        assertThat(slipway.processes()).as("processes left behind").isEmpty();
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
        await().atMost(Slipway.PATIENCE).until(() -> metric("slipway_outbox_backlog") == 0);
        controlPlane.cut();
        controlPlane.awaitConnection(2);
        assign("u", "exit 0");
        controlPlane.awaitCompleted("u");

        assertThat(controlPlane.received("t"))
                .extracting(Received::type)
                .containsExactly("task_claimed", "task_completed");
    }

    private double metric(String name) throws Exception {
        String metrics = java.net.http.HttpClient.newHttpClient()
                .send(
                        java.net.http.HttpRequest.newBuilder(java.net.URI.create(
                                        slipway.env().get("metrics").textValue()))
                                .build(),
                        java.net.http.HttpResponse.BodyHandlers.ofString())
                .body();
        return metrics.lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private void assign(String task, String play) {
        controlPlane.assign(
                Assignment.of(task).execution("execution-of-" + task).env("PLAY", play));
    }
}
