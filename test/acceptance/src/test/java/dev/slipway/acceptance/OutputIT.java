package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** 200 MB of output, with a viewer that reads none of it. */
class OutputIT extends InstalledTest {
    private static final long MIB = 1 << 20;
    private static final long OUTPUT = 200 * MIB;
    private static final long CAP = 16 * MIB;

    @BeforeEach
    void start() throws Exception {
        slipway.configure();
        slipway.up();
    }

    @Test
    void isKeptByHeadAndTailWithoutHoldingUpTheAgentOrFillingMemoryAndDisk() throws Exception {
        String warmUp = submit("head -c " + 20 * MIB + " /dev/zero");
        slipway.awaitState(warmUp, "succeeded");
        Map<String, Long> before = Map.of(
                "dispatcher",
                slipway.memory("dispatcher", "VmHWM"),
                "executor-direct",
                slipway.memory("executor-direct", "VmHWM"));

        String task = submit("echo THE BEGINNING; yes 0123456789abcdef | head -c " + OUTPUT + "; echo THE END; "
                + journal.note("written") + journal.waitAt("gate"));
        try (HttpClient client = HttpClient.newHttpClient();
                InputStream _ = watch(client, task)) {
            await("the agent to have written everything")
                    .atMost(Slipway.PATIENCE)
                    .until(() -> journal.lines().stream().anyMatch(line -> line.startsWith("written")));
            await("the delivered output's disk to be free again")
                    .atMost(Slipway.PATIENCE)
                    .until(() -> outputOnDisk() < 2 * MIB);
            journal.open("gate");
            slipway.awaitState(task, "succeeded");
            client.shutdownNow();
        }

        for (Map.Entry<String, Long> service : before.entrySet()) {
            assertThat(slipway.memory(service.getKey(), "VmHWM") - service.getValue())
                    .as("growth of the peak memory of " + service.getKey() + " in bytes")
                    .isLessThan(OUTPUT / 4);
        }
        String log = slipway.get("/api/v1/tasks/" + task + "/logs").body();
        assertThat((long) log.length()).isBetween(CAP - MIB, CAP + MIB);
        assertThat(log).startsWith("THE BEGINNING\n0123456789abcdef\n").endsWith("THE END\n");
        String marker = log.lines()
                .filter(line -> line.startsWith("[slipway: "))
                .findFirst()
                .orElseThrow();
        long missing = Long.parseLong(marker.replaceAll("\\D", ""));
        long written = OUTPUT + "THE BEGINNING\n".length() + "THE END\n".length();
        long kept = (long) log.length() - ("\n" + marker + "\n").length();
        assertThat(kept + missing).isEqualTo(written);
        assertThat(Files.size(slipway.state().resolve("logs.db"))).isLessThan(OUTPUT / 2);
    }

    private String submit(String script) throws Exception {
        String body = Slipway.JSON.writeValueAsString(Map.of("command", List.of("sh", "-c", script)));
        HttpResponse<String> response = slipway.call("POST", "/api/v1/tasks", body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
        JsonNode task = Slipway.JSON.readTree(response.body());
        return task.get("executionId").textValue();
    }

    /** Opens the live view of the output, and reads nothing. */
    private InputStream watch(HttpClient client, String task) throws IOException, InterruptedException {
        HttpResponse<InputStream> response = client.send(
                slipway.request("/api/v1/tasks/" + task + "/logs")
                        .header("Accept", "text/event-stream")
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        assertThat(response.statusCode()).isEqualTo(200);
        return response.body();
    }

    /** What the agents' output takes of the disk, in bytes: less than the files' sizes once they have holes. */
    private long outputOnDisk() throws IOException, InterruptedException {
        Process du = new ProcessBuilder(
                        "du",
                        "-s",
                        "--block-size=1",
                        slipway.state().resolve("direct").toString())
                .start();
        String printed = new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(du.waitFor()).isZero();
        return Long.parseLong(printed.split("\\s", 2)[0]);
    }
}
