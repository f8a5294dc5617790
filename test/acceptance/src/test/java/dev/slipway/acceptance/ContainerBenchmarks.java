package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.testkit.DockerEngine;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures what a task in a container costs beside the engine's own calls, and writes that part of {@code docs/benchmarks.md}. No
 * part of the build: run it on a quiet machine, as that page says.
 */
class ContainerBenchmarks {
    static final String HEADING = "## Tasks in containers";

    private static final String IMAGE = "task:1";
    private static final int WARM_UP = 5;
    private static final int PAIRS = Integer.getInteger("slipway.benchmarks.pairs", 30);
    private static final int AT_ONCE = 10;
    private static final int ROUNDS = Integer.getInteger("slipway.benchmarks.rounds", 20);

    @TempDir
    Path directory;

    /** Of the same thing, done in two ways one after the other, milliseconds. */
    private record Pair(double bare, double slipway) {
        double ratio() {
            return slipway / bare;
        }
    }

    private interface Deed {
        void perform() throws Exception;
    }

    @Test
    void measure() throws Exception {
        assertThat(DockerEngine.obstacle()).as("why there is no engine").isEmpty();
        try (DockerEngine docker = DockerEngine.start(Files.createTempDirectory("sw-bench"));
                HttpClient http = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build()) {
            docker.makeImage(IMAGE, _ -> {});
            Slipway slipway = new Slipway(directory).with("DOCKER_HOST", docker.host());
            slipway.configureDocker(
                    "max_concurrent_tasks: " + AT_ONCE,
                    "slipway: {queue_limit: 1000, docker: {pull_policy: never, network: none}}");
            try {
                slipway.up();
                EngineSocket engine = new EngineSocket(docker.socket());
                String loadBefore = load();
                pairs(WARM_UP, 1, engine, slipway, http);
                pairs(WARM_UP, AT_ONCE, engine, slipway, http);
                List<Pair> alone = pairs(PAIRS, 1, engine, slipway, http);
                List<Pair> together = pairs(ROUNDS, AT_ONCE, engine, slipway, http);
                String part =
                        part(docker.docker("version", "--format", "{{.Server.Version}}"), loadBefore, alone, together);
                Files.writeString(Benchmarks.PAGE, Sections.replace(Files.readString(Benchmarks.PAGE), HEADING, part));
            } finally {
                slipway.close();
            }
        }
    }

    /**
     * Interleaved, so that what else the machine does meets both; each comes first as often as the other, and begins when nothing
     * is left of the one before.
     */
    private static List<Pair> pairs(int count, int atOnce, EngineSocket engine, Slipway slipway, HttpClient http)
            throws Exception {
        Deed bare = () -> runBare(engine);
        Deed task = () -> runTask(slipway, http);
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (i % 2 == 0) {
                double first = millis(atOnce, bare, engine);
                pairs.add(new Pair(first, millis(atOnce, task, engine)));
            } else {
                double first = millis(atOnce, task, engine);
                pairs.add(new Pair(millis(atOnce, bare, engine), first));
            }
        }
        return pairs;
    }

    /** How long it takes, without the removal of its containers, which is over when this returns. */
    private static double millis(int atOnce, Deed deed, EngineSocket engine) throws Exception {
        double millis = millis(atOnce, deed);
        for (JsonNode container : engine.call("GET", "/containers/json?all=true", Map.of())) {
            if (container.get("Labels").isEmpty()) {
                engine.call("DELETE", "/containers/" + container.get("Id").textValue(), Map.of());
            }
        }
        await("the tasks' containers to be removed")
                .atMost(Slipway.PATIENCE)
                .until(() -> engine.call("GET", "/containers/json?all=true", Map.of())
                        .isEmpty());
        return millis;
    }

    private static double millis(int atOnce, Deed deed) throws Exception {
        long begun = System.nanoTime();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = IntStream.range(0, atOnce)
                    .<Future<?>>mapToObj(_ -> threads.submit(() -> {
                        deed.perform();
                        return null;
                    }))
                    .toList();
            for (Future<?> one : all) {
                one.get();
            }
        }
        return (System.nanoTime() - begun) / 1e6;
    }

    /** A container that is confined as a task's is, and has no label. */
    private static void runBare(EngineSocket engine) throws IOException {
        JsonNode made = engine.call(
                "POST",
                "/containers/create",
                Map.of(
                        "Image",
                        IMAGE,
                        "Cmd",
                        List.of("true"),
                        "WorkingDir",
                        "/workspace",
                        "HostConfig",
                        Map.of(
                                "Init",
                                true,
                                "NetworkMode",
                                "none",
                                "SecurityOpt",
                                List.of("no-new-privileges"),
                                "CapDrop",
                                List.of("AUDIT_WRITE", "MKNOD", "NET_RAW", "SETPCAP", "SYS_CHROOT"),
                                "PidsLimit",
                                4096,
                                "LogConfig",
                                Map.of("Type", "local"))));
        String container = "/containers/" + made.get("Id").textValue();
        engine.call("POST", container + "/start", Map.of());
        assertThat(engine.call("POST", container + "/wait", Map.of())
                        .get("StatusCode")
                        .intValue())
                .isZero();
    }

    /** From its submission until it is said to have ended. */
    private static void runTask(Slipway slipway, HttpClient http) throws IOException, InterruptedException {
        String body = Slipway.JSON.writeValueAsString(Map.of("image", IMAGE, "command", List.of("true")));
        HttpResponse<String> task = slipway.call("POST", "/api/v1/tasks", body);
        assertThat(task.statusCode()).as(task.body()).isEqualTo(201);
        String execution = Slipway.JSON.readTree(task.body()).get("executionId").textValue();
        String told = http.send(
                        slipway.request("/api/v1/tasks/" + execution + "/logs")
                                .header("Accept", "text/event-stream")
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        assertThat(told).contains("end", "\"succeeded\"");
    }

    private static String load() throws IOException {
        return Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
    }

    private static String part(String version, String loadBefore, List<Pair> alone, List<Pair> together)
            throws IOException {
        return """
                ```sh
                ./mvnw verify -pl test/acceptance -am -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=ContainerBenchmarks
                ```

                Machine: %s, Docker %s. Date: %s. Load average (1 minute) before: %s, after: %s.

                A container that runs `true`, without a network and confined as tasks are: by the engine's own calls on its socket (create, start, wait), and as a task from its submission to the API until it is said to have ended. In pairs, one after the other, of which every second one begins with the task; each begins when the containers of the one before are removed, which is in neither figure. Medians of %d pairs of one and of %d pairs of %d at once, after %d of each that do not count. The ratio is the median of the pairs' ratios.

                | at once | engine's calls, ms | task, ms | ratio |
                |---|---|---|---|
                %s%s""".formatted(
                        Benchmarks.machine(),
                        version,
                        LocalDate.now(ZoneOffset.UTC),
                        loadBefore,
                        load(),
                        PAIRS,
                        ROUNDS,
                        AT_ONCE,
                        WARM_UP,
                        row(1, alone),
                        row(AT_ONCE, together));
    }

    private static String row(int atOnce, List<Pair> pairs) {
        return "| %d | %.0f | %.0f | %.2f |%n"
                .formatted(
                        atOnce,
                        Benchmarks.percentile(pairs.stream().map(Pair::bare).toList(), 50),
                        Benchmarks.percentile(pairs.stream().map(Pair::slipway).toList(), 50),
                        Benchmarks.percentile(pairs.stream().map(Pair::ratio).toList(), 50));
    }
}
