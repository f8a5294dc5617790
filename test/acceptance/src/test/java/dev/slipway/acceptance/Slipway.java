package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.protocol.BackendKind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The product as its user has it: {@code ./slipway} with a state directory of its own, and the services it started. */
final class Slipway {
    static final ObjectMapper JSON = new ObjectMapper();

    /** Long enough for a slow machine; nothing is asserted about how much of it is used. */
    static final Duration PATIENCE = Duration.ofSeconds(90);

    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();

    private final Path directory;
    private final Map<String, String> environment = new TreeMap<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private BackendKind backend = BackendKind.DIRECT;

    /** @param directory an empty one, which is the test's to delete */
    Slipway(Path directory) {
        this.directory = directory;
    }

    /** What a command printed and how it ended. */
    record Result(int exitCode, String out, String err) {}

    Path state() {
        return directory.resolve("state");
    }

    Path workspaces() {
        return directory.resolve("workspaces");
    }

    Slipway with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /**
     * Writes the operator's file for the direct backend, with a stand-in for the agent that does what the variable
     * {@code PLAY} of its task says.
     *
     * @param more further lines at the top level
     */
    Path configure(String... more) throws IOException {
        Path oz = Files.writeString(directory.resolve("oz"), "#!/bin/sh\neval \"$PLAY\"\n");
        assertThat(oz.toFile().setExecutable(true)).isTrue();
        List<String> lines = new ArrayList<>(List.of(
                "worker_id: acceptance",
                "backend:",
                "  direct:",
                "    workspace_root: " + workspaces(),
                "    oz_path: " + oz));
        lines.addAll(List.of(more));
        return Files.write(directory.resolve("worker.yaml"), lines);
    }

    /** Writes the operator's file for the docker backend: these lines at the top level. */
    Path configureDocker(String... lines) throws IOException {
        backend = BackendKind.DOCKER;
        List<String> all = new ArrayList<>(List.of("worker_id: acceptance"));
        all.addAll(List.of(lines));
        return Files.write(directory.resolve("worker.yaml"), all);
    }

    /** Starts the services on free ports, by the file that {@link #configure} wrote. */
    Result up(String... more) throws IOException, InterruptedException {
        Result result = run(upConfigured(more));
        assertThat(result.exitCode()).as("%s", result).isZero();
        return result;
    }

    /** The command that {@link #up} carries out. */
    String[] upConfigured(String... more) {
        return concat(
                upOnFreePorts(
                        "--backend",
                        backend.wireName(),
                        "--config-file",
                        directory.resolve("worker.yaml").toString()),
                more);
    }

    static String[] upOnFreePorts(String... more) {
        return concat(new String[] {"up", "--http-port", "0", "--metrics-port", "0"}, more);
    }

    private static String[] concat(String[] first, String[] second) {
        return Stream.of(first, second).flatMap(Stream::of).toArray(String[]::new);
    }

    /** Runs {@code ./slipway} to its end, in the test's directory. */
    Result run(String... arguments) throws IOException, InterruptedException {
        Process process = start(arguments);
        process.getOutputStream().close();
        Output out = new Output(process.getInputStream());
        Output err = new Output(process.getErrorStream());
        if (!process.waitFor(PATIENCE.toSeconds() * 2, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(
                    "slipway " + List.of(arguments) + " does not end; it printed " + out.text() + err.text());
        }
        return new Result(process.exitValue(), out.text(), err.text());
    }

    Process start(String... arguments) throws IOException {
        return builder(arguments).start();
    }

    ProcessBuilder builder(String... arguments) {
        List<String> command = new ArrayList<>(List.of(ROOT.resolve("slipway").toString(), arguments[0]));
        command.addAll(List.of("--state-dir", state().toString()));
        command.addAll(List.of(arguments).subList(1, arguments.length));
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().remove("WARP_API_KEY");
        builder.environment().putAll(environment);
        return builder;
    }

    JsonNode env() throws IOException {
        return JSON.readTree(Files.readString(state().resolve("env.json")));
    }

    String token() throws IOException {
        return env().get("token").textValue();
    }

    List<String> services() throws IOException {
        List<String> names = new ArrayList<>();
        env().get("services").fieldNames().forEachRemaining(names::add);
        return names;
    }

    ProcessHandle process(String service) throws IOException {
        long pid = env().get("services").get(service).get("pid").longValue();
        return ProcessHandle.of(pid).orElseThrow(() -> new AssertionError(service + " does not run"));
    }

    /** What the kernel says of the service's memory, in bytes: {@code VmRSS} is what it has resident, {@code VmHWM} the most of that. */
    long memory(String service, String name) throws IOException {
        return Files.readAllLines(
                        Path.of("/proc", Long.toString(process(service).pid()), "status"))
                .stream()
                .filter(line -> line.startsWith(name + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow();
    }

    /** Kills the service as {@code kill -9} does, and returns when it is gone. */
    void kill(String service) throws IOException {
        ProcessHandle process = process(service);
        assertThat(process.destroyForcibly()).isTrue();
        awaitEnd(process);
    }

    private static void awaitEnd(ProcessHandle process) {
        await("the end of process " + process.pid()).atMost(PATIENCE).until(() -> !runs(process.pid()));
    }

    void signal(String service, String signal) throws IOException, InterruptedException {
        signal(process(service).pid(), signal);
    }

    static void signal(long pid, String signal) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(pid))
                .inheritIO()
                .start();
        assertThat(kill.waitFor()).isZero();
    }

    /** Whether the process runs: one that has ended and waits for its parent to notice does not. */
    static boolean runs(long pid) throws IOException {
        return state(pid).filter(state -> state != 'Z').isPresent();
    }

    /** The kernel's letter for what the process does. */
    static Optional<Character> state(long pid) throws IOException {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return Optional.of(stat.charAt(stat.lastIndexOf(')') + 2));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    HttpResponse<String> call(String method, String path, String body) throws IOException, InterruptedException {
        return http.send(
                request(path)
                        .header("Content-Type", "application/json")
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(request(path).GET().build(), HttpResponse.BodyHandlers.ofString());
    }

    /** How many bytes of the execution's output there are to be seen; none if that is not answered at once. */
    int outputSeen(String execution) {
        try {
            HttpRequest request = request("/api/v1/tasks/" + execution + "/logs")
                    .timeout(Duration.ofMillis(500))
                    .build();
            HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
            return response.statusCode() == 200 ? response.body().length : 0;
        } catch (IOException e) {
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }

    HttpRequest.Builder request(String path) throws IOException {
        return HttpRequest.newBuilder(URI.create(env().get("api").textValue() + path))
                .timeout(PATIENCE)
                .header("Authorization", "Bearer " + token());
    }

    /** The execution or the task's newest one, as the API shows it. */
    JsonNode task(String id) throws IOException, InterruptedException {
        HttpResponse<String> response = get("/api/v1/tasks/" + id);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    JsonNode awaitState(String id, String state) {
        return await("execution " + id + " to be " + state)
                .atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> task(id), task -> task.get("state").textValue().equals(state));
    }

    /** Waits for a report that the executor makes after this call: by then it has found what an earlier process left. */
    void awaitReport() throws IOException, InterruptedException {
        String earlier = lastReport();
        await("the executor's next report")
                .atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> !List.of(earlier, "").contains(lastReport()));
    }

    /** Empty if there was none since the dispatcher started. */
    private String lastReport() throws IOException, InterruptedException {
        return JSON.readTree(get("/api/v1/executors").body())
                .path(0)
                .path("lastSeen")
                .asText("");
    }

    /** The sum of a dispatcher's metric's samples. */
    double metric(String name) throws IOException, InterruptedException {
        return metric(env().get("metrics").textValue(), name);
    }

    /** @param url of the metrics page */
    double metric(String url, String name) throws IOException, InterruptedException {
        URI metrics = URI.create(url);
        return http.send(
                        HttpRequest.newBuilder(metrics).timeout(PATIENCE).build(), HttpResponse.BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    /** Stops the services and checks that nothing is left; what is, is killed, lest a later test meet it. */
    void close() throws IOException, InterruptedException {
        List<ProcessHandle> left;
        try {
            if (Files.exists(state().resolve("env.json"))) {
                Result result = run("down");
                assertThat(result.exitCode()).as("%s", result).isZero();
            }
        } finally {
            http.close();
            left = processes();
            left.forEach(ProcessHandle::destroyForcibly);
            left.forEach(Slipway::awaitEnd);
        }
        assertThat(left).as("processes left behind").isEmpty();
    }

    /**
     * The processes whose environment or command line mentions this test's directory: its services and agents. One that has
     * ended has neither.
     */
    List<ProcessHandle> processes() {
        return ProcessHandle.allProcesses()
                .filter(process -> process.pid() != ProcessHandle.current().pid())
                .filter(process -> mentions(Path.of("/proc", Long.toString(process.pid()), "environ"))
                        || mentions(Path.of("/proc", Long.toString(process.pid()), "cmdline")))
                .toList();
    }

    private boolean mentions(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1).contains(directory.toString());
        } catch (IOException e) {
            return false; // it has ended
        }
    }

    List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    /** Reads a stream to its end on a thread of its own, so that nobody blocks on a full pipe. */
    private static final class Output {
        private final StringBuilder text = new StringBuilder();
        private final Thread reader;

        Output(InputStream stream) {
            reader = Thread.ofVirtual().start(() -> {
                try {
                    text.append(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }

        String text() throws InterruptedException {
            if (!reader.join(Duration.ofSeconds(10))) {
                throw new AssertionError("something that slipway started keeps its output open");
            }
            return text.toString();
        }
    }
}
