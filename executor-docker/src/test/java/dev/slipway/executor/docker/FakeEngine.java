package dev.slipway.executor.docker;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Answers what a test wants, in cases in which a real engine cannot be brought. */
final class FakeEngine implements AutoCloseable {
    /** @param body JSON */
    record Answer(int status, String body) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, ConcurrentLinkedQueue<Answer>> answers = new ConcurrentHashMap<>();
    private final Set<String> endless = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();

    private FakeEngine(HttpServer server) {
        this.server = server;
    }

    static FakeEngine start() throws IOException {
        FakeEngine engine =
                new FakeEngine(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
        engine.server.createContext("/", engine::answer);
        engine.server.setExecutor(engine.threads);
        engine.server.start();
        return engine;
    }

    EngineAddress address() {
        return new EngineAddress(
                URI.create("tcp://127.0.0.1:" + server.getAddress().getPort()), Optional.empty(), "", "the test");
    }

    /**
     * @param call its method and path
     * @param inTurn the last one again and again
     */
    FakeEngine when(String call, Answer... inTurn) {
        answers.put(call, new ConcurrentLinkedQueue<>(List.of(inTurn)));
        return this;
    }

    /** The answer to it begins, and does not end. */
    FakeEngine whenWithoutEnd(String call) {
        endless.add(call);
        return this;
    }

    /** The methods and paths so far. */
    List<String> asked() {
        return List.copyOf(asked);
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            String call =
                    exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
            asked.add(call);
            if (endless.contains(call)) {
                exchange.sendResponseHeaders(200, 0);
                exchange.getResponseBody().flush();
                closed.await();
                return;
            }
            ConcurrentLinkedQueue<Answer> queue = answers.getOrDefault(call, new ConcurrentLinkedQueue<>());
            Answer answer = queue.size() > 1 ? queue.poll() : queue.peek();
            if (answer == null) {
                answer = new Answer(404, "{\"message\":\"no such thing\"}");
            }
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
