package dev.slipway.cli.api;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.slipway.cli.Json;
import dev.slipway.protocol.SecretValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A dispatcher's API that answers what a test has put in, and remembers what it was asked. */
public final class StubApi implements AutoCloseable {
    public static final String TOKEN = "stub-token";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Queue<Answer>> answers = new ConcurrentHashMap<>();
    private final List<Asked> asked = new CopyOnWriteArrayList<>();

    /** A request as it came. */
    public record Asked(String line, String body, String token) {}

    /** Writes an answer. */
    public interface Answer {
        void write(HttpExchange exchange) throws IOException;
    }

    public StubApi() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
        answer("GET /health/ready", json(200, Map.of("status", "UP")));
    }

    public int port() {
        return server.getAddress().getPort();
    }

    public ApiClient client() {
        return new ApiClient("http://127.0.0.1:" + port(), SecretValue.of(TOKEN));
    }

    /** @param line method and path; answers for the same line are given in order, the last one for ever */
    public void answer(String line, Answer... inOrder) {
        answers.put(line, new ConcurrentLinkedQueue<>(List.of(inOrder)));
    }

    public static Answer json(int status, Object body) {
        return exchange -> {
            var bytes = Json.MAPPER.writeValueAsBytes(body);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        };
    }

    /** Server-sent events; the connection ends after them. */
    public static Answer events(String... events) {
        return exchange -> {
            exchange.sendResponseHeaders(200, 0);
            for (var event : events) {
                exchange.getResponseBody().write(event.getBytes(StandardCharsets.UTF_8));
                exchange.getResponseBody().flush();
            }
        };
    }

    public static String event(String name, Object data) {
        try {
            return "event: %s\nid: 1\ndata: %s\n\n".formatted(name, Json.MAPPER.writeValueAsString(data));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public List<Asked> asked(String prefix) {
        return asked.stream()
                .filter(request -> request.line().startsWith(prefix))
                .toList();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var uri = exchange.getRequestURI();
            var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            var token = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
            asked.add(new Asked(exchange.getRequestMethod() + " " + uri, body, token));
            var queue = answers.getOrDefault(exchange.getRequestMethod() + " " + uri.getPath(), new ArrayDeque<>());
            var answer = queue.size() > 1 ? queue.poll() : queue.peek();
            if (answer == null) {
                answer =
                        json(404, Map.of("type", "t", "title", "t", "status", 404, "detail", "there is no such thing"));
            }
            answer.write(exchange);
        }
    }
}
