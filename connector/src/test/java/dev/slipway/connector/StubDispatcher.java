package dev.slipway.connector;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.slipway.protocol.Api;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.ConnectorSync.Message;
import dev.slipway.protocol.Internal;
import dev.slipway.protocol.Outcome;
import dev.slipway.protocol.TaskSubmission;
import dev.slipway.protocol.TaskSubmission.Taken;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** As much of the dispatcher as the connector sees: it stores submissions, hands out messages and forgets the confirmed. */
final class StubDispatcher implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper().registerModule(new Jdk8Module());
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration HOLD = Duration.ofMillis(300);

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Long, Message> outbox = new TreeMap<>();
    private final Map<String, TaskSubmission> submissions = new HashMap<>();
    private final Map<String, Outcome> outcomes = new HashMap<>();
    private final List<String> claimed = new ArrayList<>();
    private final List<String> declined = new ArrayList<>();
    /** Messages that it was told of as held. */
    private final Set<Long> known = new HashSet<>();

    private final List<String> cancelled = new ArrayList<>();
    private final List<String> authorizations = new ArrayList<>();
    private long lastMessage;
    private long lastSync;
    private boolean connected;
    private boolean silent;
    private boolean losesAnswersToSubmissions;
    private boolean garbled;
    private OptionalInt refusal = OptionalInt.empty();
    private String refusalDetail = "";
    private boolean closed;

    StubDispatcher() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/internal/v1/", this::handle);
        server.start();
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** Answers nothing at all any more, or again. */
    void silent(boolean isSilent) {
        change(() -> silent = isSilent);
    }

    /** Takes submissions, but the connector never hears of it. */
    void losesAnswersToSubmissions(boolean doesLose) {
        change(() -> losesAnswersToSubmissions = doesLose);
    }

    void refuseSubmissions(int status, String detail) {
        change(() -> {
            refusal = OptionalInt.of(status);
            refusalDetail = detail;
        });
    }

    /** Refuses with problem documents that are not JSON. */
    void garblesRefusals(boolean doesGarble) {
        change(() -> garbled = doesGarble);
    }

    /** The execution ends. */
    void end(String executionId, Outcome outcome) {
        change(() -> {
            outcomes.put(executionId, outcome);
            add(executionId, Optional.of(outcome));
        });
    }

    TaskSubmission submission(String executionId) {
        await("the submission of " + executionId, () -> submissions.containsKey(executionId));
        return locked(() -> Optional.ofNullable(submissions.get(executionId)).orElseThrow());
    }

    boolean isSubmitted(String executionId) {
        return locked(() -> submissions.containsKey(executionId));
    }

    void awaitClaimWritten(String executionId) {
        await("the claim of " + executionId, () -> claimed.contains(executionId));
    }

    void awaitDeclined(String executionId) {
        await("the refusal to claim " + executionId, () -> declined.contains(executionId));
    }

    void awaitCancelled(String taskId) {
        await("the cancellation of " + taskId, () -> cancelled.contains(taskId));
    }

    void awaitConnected(boolean wanted) {
        await("a report that it is connected: " + wanted, () -> connected == wanted);
    }

    /** Waits until everything has been confirmed. */
    void awaitEmptyOutbox() {
        await("an empty outbox", outbox::isEmpty);
    }

    List<String> authorizations() {
        return locked(() -> List.copyOf(authorizations));
    }

    @Override
    public void close() {
        change(() -> closed = true);
        server.stop(0);
        threads.shutdownNow();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            change(() -> authorizations.add(exchange.getRequestHeaders().getFirst("Authorization")));
            String path = exchange.getRequestURI().getPath();
            if (path.endsWith("/sync")) {
                sync(exchange);
            } else if (path.endsWith("/cancel")) {
                String task = path.substring("/internal/v1/tasks/".length(), path.length() - "/cancel".length());
                change(() -> cancelled.add(task));
                awaitQuietly(() -> !silent);
                answer(exchange, 200, new Internal.CancelAnswer(locked(() -> isOpenTask(task)) ? 1 : 0));
            } else {
                submit(exchange);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void submit(HttpExchange exchange) throws IOException, InterruptedException {
        TaskSubmission submission = JSON.readValue(exchange.getRequestBody(), TaskSubmission.class);
        OptionalInt status = locked(() -> refusal);
        awaitQuietly(() -> !silent);
        if (status.isPresent() && locked(() -> garbled)) {
            write(exchange, status.getAsInt(), "{\"detail\":".getBytes(StandardCharsets.UTF_8));
            return;
        }
        if (status.isPresent()) {
            answer(
                    exchange,
                    status.getAsInt(),
                    new Api.Problem("about:blank", "refused", status.getAsInt(), refusalDetail));
            return;
        }
        Taken taken = locked(() -> {
            String execution = submission.executionId();
            boolean known = submissions.put(execution, submission) != null;
            Optional<Outcome> outcome = Optional.ofNullable(outcomes.get(execution));
            add(execution, outcome);
            return outcome.isPresent() ? Taken.ENDED : known ? Taken.OPEN : Taken.QUEUED;
        });
        awaitQuietly(() -> !losesAnswersToSubmissions);
        answer(exchange, 200, new TaskSubmission.Answer(taken));
    }

    private void sync(HttpExchange exchange) throws IOException, InterruptedException {
        ConnectorSync sync = JSON.readValue(exchange.getRequestBody(), ConnectorSync.class);
        awaitQuietly(() -> !silent);
        if (locked(() -> sync.seq() <= lastSync)) {
            answer(exchange, 409, new Api.Problem("about:blank", "Conflict", 409, "a newer sync was seen"));
            return;
        }
        change(() -> {
            lastSync = sync.seq();
            connected = sync.connected();
            sync.claimsWritten().forEach(id -> claimed.add(executionOf(id)));
            sync.declined().forEach(id -> {
                String execution = executionOf(id);
                declined.add(execution);
                submissions.remove(execution);
                outbox.values().removeIf(message -> message.executionId().equals(execution));
            });
            sync.confirmed().forEach(outbox::remove);
        });
        boolean holdsMore = locked(() -> known.addAll(sync.holding()));
        Supplier<List<Message>> news = () -> outbox.values().stream()
                .filter(message -> !sync.holding().contains(message.id()))
                .toList();
        hold(() -> holdsMore || !news.get().isEmpty() || lastSync > sync.seq() || !sync.connected());
        answer(exchange, 200, new ConnectorSync.Answer(locked(news), List.of()));
    }

    private boolean isOpenTask(String task) {
        return submissions.values().stream()
                .anyMatch(submission ->
                        submission.spec().taskId().equals(task) && !outcomes.containsKey(submission.executionId()));
    }

    private String executionOf(long id) {
        Message message = outbox.get(id);
        return message == null ? "" : message.executionId();
    }

    private void add(String executionId, Optional<Outcome> outcome) {
        TaskSubmission submission = submissions.get(executionId);
        String task = submission == null ? executionId : submission.spec().taskId();
        lastMessage++;
        outbox.put(lastMessage, new Message(lastMessage, executionId, task, outcome));
        changed.signalAll();
    }

    private static void answer(HttpExchange exchange, int status, Object body) throws IOException {
        write(exchange, status, JSON.writeValueAsBytes(body));
    }

    private static void write(HttpExchange exchange, int status, byte[] json) throws IOException {
        exchange.getResponseHeaders()
                .add("Content-Type", status == 200 ? "application/json" : "application/problem+json");
        exchange.sendResponseHeaders(status, json.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(json);
        }
    }

    private void hold(BooleanSupplier over) throws InterruptedException {
        lock.lock();
        try {
            long left = HOLD.toNanos();
            while (!over.getAsBoolean() && !closed && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    private void awaitQuietly(BooleanSupplier condition) throws InterruptedException {
        lock.lock();
        try {
            while (!condition.getAsBoolean() && !closed) {
                boolean _ = changed.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
        } finally {
            lock.unlock();
        }
    }

    private void await(String what, BooleanSupplier condition) {
        lock.lock();
        try {
            long left = PATIENCE.toNanos();
            while (!condition.getAsBoolean()) {
                if (left <= 0) {
                    throw new AssertionError("the dispatcher waited in vain for " + what);
                }
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for " + what, e);
        } finally {
            lock.unlock();
        }
    }

    private void change(Runnable change) {
        locked(() -> {
            change.run();
            changed.signalAll();
            return true;
        });
    }

    private <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }
}
