package dev.slipway.executor.testkit;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.LogAppend;
import dev.slipway.protocol.SyncAnswer;
import dev.slipway.protocol.TaskSpec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A dispatcher for one executor, over real HTTP, that does what its test tells it. It keeps the rules of the sync: it answers a
 * sync of another session with its own, holds one while it has nothing to say, and answers nothing to one that is superseded.
 */
public final class FakeDispatcher implements AutoCloseable {
    public static final String LEDGER = "0b6c2f0e-7a5e-4b8e-9d39-3f6b6a0c1d11";
    public static final String TOKEN = "token-of-the-fake-dispatcher";
    private static final String SESSION = "session-1";
    private static final long HOLD_MILLIS = 1_000;

    private static final ObjectMapper JSON =
            JsonMapper.builder().addModule(new Jdk8Module()).build();

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<ExecutionKey, TaskSpec> launches = new LinkedHashMap<>();
    private final Map<ExecutionKey, Long> stops = new LinkedHashMap<>();
    private final Set<ExecutionKey> acknowledged = new HashSet<>();
    private final Map<ExecutionKey, ExecutorSync.Finished> finished = new HashMap<>();
    private final Map<String, ByteArrayOutputStream> outputs = new HashMap<>();
    private final Set<String> discarded = new HashSet<>();
    private final Map<String, String> cursors = new HashMap<>();
    private final Map<String, Long> lengths = new HashMap<>();
    private Optional<ExecutorSync> last = Optional.empty();

    public FakeDispatcher() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/internal/v1/executors/", exchange -> answer(exchange, this::sync));
        server.createContext("/internal/v1/executions/", exchange -> answer(exchange, this::append));
        server.start();
    }

    public URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    public synchronized void launch(ExecutionKey key, TaskSpec spec) {
        launches.put(key, spec);
        notifyAll();
    }

    public synchronized void stop(ExecutionKey key, long graceMillis) {
        stops.put(key, graceMillis);
        notifyAll();
    }

    /** Acknowledges the run's end, whenever it is reported. */
    public synchronized void acknowledge(ExecutionKey key) {
        acknowledged.add(key);
        notifyAll();
    }

    /** The execution's output is counted and thrown away. */
    public synchronized void discardOutput(String execution) {
        discarded.add(execution);
    }

    /** What the run was last reported to have ended with. */
    public synchronized Optional<ExecutorSync.Finished> finished(ExecutionKey key) {
        return Optional.ofNullable(finished.get(key));
    }

    /** What the latest sync said of the run. */
    public synchronized Optional<ExecutorSync.Run> run(ExecutionKey key) {
        return last.stream()
                .flatMap(sync -> sync.runs().stream())
                .filter(run -> run.key().equals(key))
                .findFirst();
    }

    /** Whether the latest sync says anything of the run. */
    public synchronized boolean knows(ExecutionKey key) {
        return run(key).isPresent()
                || last.stream()
                        .flatMap(sync -> sync.finished().stream())
                        .anyMatch(end -> end.key().equals(key));
    }

    public synchronized String output(String execution) {
        return Optional.ofNullable(outputs.get(execution))
                .map(bytes -> bytes.toString(StandardCharsets.UTF_8))
                .orElse("");
    }

    /** How much output was taken, in bytes. */
    public synchronized long length(String execution) {
        return lengths.getOrDefault(execution, 0L);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private synchronized Object sync(String executor, byte[] body) throws IOException, InterruptedException {
        ExecutorSync sync = JSON.readValue(body, ExecutorSync.class);
        last = Optional.of(sync);
        notifyAll();
        if (!sync.session().equals(SESSION)) {
            return nothing();
        }
        sync.finished().forEach(end -> finished.put(end.key(), end));
        long until = System.nanoTime() + HOLD_MILLIS * 1_000_000;
        while (isLatest(sync) && isEmpty(answerTo(sync)) && System.nanoTime() < until) {
            wait(Math.max(1, (until - System.nanoTime()) / 1_000_000));
        }
        return isLatest(sync) ? answerTo(sync) : nothing();
    }

    private boolean isLatest(ExecutorSync sync) {
        return last.filter(latest -> latest.seq() == sync.seq()).isPresent();
    }

    private SyncAnswer answerTo(ExecutorSync sync) {
        Map<ExecutionKey, ExecutorSync.Run> runs = new HashMap<>();
        sync.runs().forEach(run -> runs.put(run.key(), run));
        List<SyncAnswer.Launch> launch = new ArrayList<>();
        launches.forEach((key, spec) -> {
            if (!runs.containsKey(key) && !finished.containsKey(key)) {
                launch.add(new SyncAnswer.Launch(key, spec));
            }
        });
        List<SyncAnswer.Stop> stop = new ArrayList<>();
        stops.forEach((key, grace) -> {
            ExecutorSync.Run run = runs.get(key);
            if (!finished.containsKey(key) && (run == null || !run.stopping())) {
                stop.add(new SyncAnswer.Stop(key, grace));
            }
        });
        List<ExecutionKey> ack = sync.finished().stream()
                .map(ExecutorSync.Finished::key)
                .filter(acknowledged::contains)
                .toList();
        return new SyncAnswer(LEDGER, SESSION, launch, stop, ack, List.of());
    }

    private static boolean isEmpty(SyncAnswer answer) {
        return answer.launch().isEmpty()
                && answer.stop().isEmpty()
                && answer.ack().isEmpty();
    }

    private static SyncAnswer nothing() {
        return new SyncAnswer(LEDGER, SESSION, List.of(), List.of(), List.of(), List.of());
    }

    private synchronized Object append(String execution, byte[] body) throws IOException {
        LogAppend append = JSON.readValue(body, LogAppend.class);
        long length = length(execution);
        boolean accepted = append.offset() == length && append.bytes().length() > 0;
        if (accepted) {
            length += append.bytes().length();
            lengths.put(execution, length);
            cursors.put(execution, append.cursor());
            if (!discarded.contains(execution)) {
                outputs.computeIfAbsent(execution, _ -> new ByteArrayOutputStream())
                        .writeBytes(append.bytes().toArray());
            }
        }
        return new LogAppend.Position(length, cursors.getOrDefault(execution, ""), accepted);
    }

    private interface Handler {
        Object handle(String id, byte[] body) throws IOException, InterruptedException;
    }

    private static void answer(HttpExchange exchange, Handler handler) throws IOException {
        try (exchange) {
            if (!("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                exchange.sendResponseHeaders(401, -1);
                return;
            }
            String[] path = exchange.getRequestURI().getRawPath().split("/", -1);
            String id = URLDecoder.decode(path[path.length - 2], StandardCharsets.UTF_8);
            byte[] answer = JSON.writeValueAsBytes(
                    handler.handle(id, exchange.getRequestBody().readAllBytes()));
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
