package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.testkit.Received;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Where the daemon that Slipway takes the place of is known to fail its users, as far as no engine is needed to show it. */
class WeakSpotsIT extends ControlPlaneTest {
    @BeforeEach
    void start() throws Exception {
        slipway.configure("max_concurrent_tasks: 4", "slipway:", "  queue_limit: 1000");
        slipway.up("--web-socket-url", controlPlane.uri().toString(), "--api-key", "key", "--log-level", "debug");
        controlPlane.awaitConnection(1);
    }

    @Test
    void threeHundredResultsOutliveALongDisconnection() throws Exception {
        List<String> tasks = IntStream.range(0, 300).mapToObj(i -> "t" + i).toList();
        tasks.forEach(task -> assign(task, journal.waitAt("gate")));
        tasks.forEach(controlPlane::awaitClaim);
        controlPlane.refuseHandshakes(503);
        controlPlane.cut();
        controlPlane.awaitDisconnected();
        journal.open("gate");
        slipway.awaitState("t299", "succeeded");
        controlPlane.acceptHandshakes();

        tasks.forEach(controlPlane::awaitCompleted);
    }

    @Test
    void anAssignmentWithoutATaskHurtsNobody() {
        controlPlane.assign(assignment("bare", "exit 0").without("task"));
        assign("whole", "exit 0");

        assertThat(controlPlane.awaitFailed("bare").failureReason()).contains("unknown");
        controlPlane.awaitCompleted("whole");
    }

    @Test
    void atCapacityTasksWaitInsteadOfBeingRejected() {
        List<String> tasks = IntStream.range(0, 6).mapToObj(i -> "t" + i).toList();
        tasks.forEach(task -> assign(task, journal.waitAt("gate")));
        tasks.forEach(controlPlane::awaitClaim);
        journal.open("gate");

        tasks.forEach(controlPlane::awaitCompleted);

        assertThat(controlPlane.received()).extracting(Received::type).doesNotContain("task_rejected");
    }

    @Test
    void everyServiceTellsItsHealthAndWhatRunsAtDebugLevelShowsNoSecret() throws Exception {
        controlPlane.assign(assignment("t", "exit 0").env("SECRET", "canary-in-a-frame"));
        controlPlane.awaitCompleted("t");

        Map<String, String> urls = Map.of(
                "dispatcher", slipway.env().get("metrics").textValue().replace("/metrics", ""),
                "connector", slipway.env().at("/services/connector/url").textValue(),
                "executor-direct",
                        slipway.env().at("/services/executor-direct/url").textValue());
        try (HttpClient http = HttpClient.newHttpClient()) {
            for (String url : urls.values()) {
                for (String question : List.of("live", "ready")) {
                    HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/health/" + question))
                            .build();
                    assertThat(http.send(request, BodyHandlers.discarding()).statusCode())
                            .as(url)
                            .isEqualTo(200);
                }
            }
        }
        for (String service : slipway.services()) {
            assertThat(slipway.state().resolve("logs").resolve(service + ".log"))
                    .content()
                    .doesNotContain("canary-in-a-frame");
        }
    }

    @Test
    void whatIsNotOursStaysInTheWorkspaceRootWhenTheServicesEnd() throws Exception {
        Path theirs = Files.createDirectories(slipway.workspaces().resolve("theirs"));
        Files.writeString(theirs.resolve("file"), "precious");
        assign("t", journal.note("start") + journal.waitAt("gate"));
        journal.awaitLine("start t");

        slipway.run("down");

        assertThat(theirs.resolve("file")).content().isEqualTo("precious");
        assertThat(slipway.workspaces().resolve("t"))
                .as("the workspace of a task that runs on")
                .isDirectory();
        journal.open("gate");
        slipway.up("--web-socket-url", controlPlane.uri().toString(), "--api-key", "key");
        controlPlane.awaitCompleted("t");
        assertThat(theirs.resolve("file")).content().isEqualTo("precious");
    }
}
