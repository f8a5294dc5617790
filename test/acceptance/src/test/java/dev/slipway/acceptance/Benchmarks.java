package dev.slipway.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Measures the packaged product and writes {@code docs/benchmarks.md}. No part of the build: run it on a quiet machine, as that
 * page says.
 */
class Benchmarks extends ControlPlaneTest {
    static final Path PAGE = Path.of("../../docs/benchmarks.md");
    private static final int CLAIMS = 500;
    private static final int TASKS = 300;
    private static final int ROUNDS = 5;
    private static final int AT_ONCE = 8;
    private static final List<String> SERVICES = List.of("dispatcher", "connector", "executor-direct");

    private final Map<String, List<Double>> readyMillis = new TreeMap<>();
    private final Map<String, List<Double>> residentMib = new TreeMap<>();

    @Test
    void measure() throws Exception {
        slipway.configure("max_concurrent_tasks: " + AT_ONCE, "slipway:", "  queue_limit: " + TASKS);
        for (int round = 0; round < ROUNDS; round++) {
            start();
            if (round < ROUNDS - 1) {
                slipway.run("down");
            }
        }
        claims("warm-up");
        List<Double> claims = claims("claim");
        List<Double> bare = new ArrayList<>();
        List<Double> tasks = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            bare.add(bareRate());
            tasks.add(taskRate("round-" + round));
        }
        String containers = Sections.of(Files.readString(PAGE), ContainerBenchmarks.HEADING)
                .map(text -> Sections.section(ContainerBenchmarks.HEADING, text))
                .orElse("");
        Files.writeString(PAGE, page(claims, bare, tasks) + containers);
    }

    /** Starts the services, and asks each whether it is ready from the moment in which it is a process. */
    private void start() throws Exception {
        slipway.with("WARP_API_KEY", "key");
        Process up = slipway.start(
                slipway.upConfigured("--web-socket-url", controlPlane.uri().toString()));
        try (ExecutorService watchers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Double>> ready = SERVICES.stream()
                    .map(service -> watchers.submit(() -> awaitReady(service)))
                    .toList();
            for (int i = 0; i < SERVICES.size(); i++) {
                readyMillis
                        .computeIfAbsent(SERVICES.get(i), _ -> new ArrayList<>())
                        .add(ready.get(i).get());
            }
        }
        if (up.waitFor() != 0) {
            throw new AssertionError(new String(up.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
        }
        for (String service : SERVICES) {
            residentMib
                    .computeIfAbsent(service, _ -> new ArrayList<>())
                    .add(slipway.memory(service, "VmRSS") / 1_048_576.0);
        }
    }

    private double awaitReady(String service) throws IOException, InterruptedException {
        Instant limit = Instant.now().plus(Slipway.PATIENCE);
        try (HttpClient http = HttpClient.newHttpClient()) {
            while (Instant.now().isBefore(limit)) {
                try {
                    JsonNode entry = slipway.env().get("services").get(service);
                    String url = service.equals("dispatcher")
                            ? slipway.env().get("metrics").textValue().replace("/metrics", "")
                            : entry.get("url").textValue();
                    HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/health/ready"))
                            .timeout(Duration.ofSeconds(2))
                            .build();
                    if (http.send(request, BodyHandlers.discarding()).statusCode() == 200) {
                        Instant begun = ProcessHandle.of(entry.get("pid").longValue())
                                .flatMap(process -> process.info().startInstant())
                                .orElseThrow();
                        return Duration.between(begun, Instant.now()).toMillis();
                    }
                } catch (IOException | NullPointerException | IllegalArgumentException e) {
                    // not there yet
                }
                TimeUnit.MILLISECONDS.sleep(10);
            }
        }
        throw new AssertionError(service + " does not become ready");
    }

    /** Milliseconds from the assignment's being written to its claim's being read, one task after the other. */
    private List<Double> claims(String name) {
        List<Double> millis = new ArrayList<>();
        for (int i = 0; i < CLAIMS; i++) {
            String task = name + "-" + i;
            long begun = System.nanoTime();
            assign(task, "exit 0");
            controlPlane.awaitClaim(task);
            millis.add((System.nanoTime() - begun) / 1e6);
            controlPlane.awaitCompleted(task);
        }
        return millis;
    }

    private double taskRate(String name) {
        List<String> tasks =
                IntStream.range(0, TASKS).mapToObj(i -> name + "-" + i).toList();
        long begun = System.nanoTime();
        tasks.forEach(task -> assign(task, "exit 0"));
        tasks.forEach(controlPlane::awaitCompleted);
        return TASKS / ((System.nanoTime() - begun) / 1e9);
    }

    /** The same program, as many times and as many at once, started by nothing but the JDK. */
    private double bareRate() throws Exception {
        long begun = System.nanoTime();
        try (ExecutorService starters = Executors.newFixedThreadPool(AT_ONCE)) {
            List<Future<Integer>> codes = IntStream.range(0, TASKS)
                    .mapToObj(_ -> starters.submit(this::runBare))
                    .toList();
            for (Future<Integer> code : codes) {
                code.get();
            }
        }
        return TASKS / ((System.nanoTime() - begun) / 1e9);
    }

    private int runBare() throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(directory.resolve("oz").toString());
        builder.environment().put("PLAY", "exit 0");
        return builder.start().waitFor();
    }

    private String page(List<Double> claims, List<Double> bare, List<Double> tasks) throws IOException {
        StringBuilder rows = new StringBuilder();
        for (String service : SERVICES) {
            rows.append("| %s | %.1f | %.0f |%n"
                    .formatted(
                            service,
                            percentile(readyMillis.getOrDefault(service, List.of()), 50) / 1000,
                            percentile(residentMib.getOrDefault(service, List.of()), 50)));
        }
        return """
                # Benchmarks

                Written by the programs `Benchmarks` and `ContainerBenchmarks` in `test/acceptance`, on loopback, with a fake control plane and a stub agent. Compare figures of one run only.

                ```sh
                ./mvnw verify -pl test/acceptance -am -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=Benchmarks
                ```

                Machine: %s. Date: %s. Medians of %d rounds.

                ## From assignment to claim

                %d tasks, one after the other; the claim is written after the task is durable (fsync).

                | p50 | p99 |
                |---|---|
                | %.1f ms | %.1f ms |

                ## Tasks that do nothing

                %d at once, %d at a time, from the first assignment to the last result, beside the same program started as often by the JDK alone.

                | Slipway, tasks/s | bare fork and exec, processes/s | ratio |
                |---|---|---|
                | %.0f | %.0f | %.2f |

                ## Services

                From the start of the process to readiness, all three starting at the same time; resident memory when all are ready and idle.

                | service | ready, s | RSS, MiB |
                |---|---|---|
                %s""".formatted(
                        machine(),
                        LocalDate.now(ZoneOffset.UTC),
                        ROUNDS,
                        CLAIMS,
                        percentile(claims, 50),
                        percentile(claims, 99),
                        TASKS,
                        AT_ONCE,
                        percentile(tasks, 50),
                        percentile(bare, 50),
                        percentile(tasks, 50) / percentile(bare, 50),
                        rows);
    }

    static String machine() throws IOException {
        String cpu = Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("unknown CPU");
        return "%s, %d cores, Java %s".formatted(cpu, Runtime.getRuntime().availableProcessors(), Runtime.version());
    }

    static double percentile(List<Double> values, int percent) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get(Math.min(sorted.size() - 1, sorted.size() * percent / 100));
    }
}
