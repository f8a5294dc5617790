package dev.slipway.executor.docker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.dockerjava.transport.DockerHttpClient;
import dev.slipway.protocol.Bytes;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Calls the engine's HTTP API. The transport has no deadlines on a Unix socket: here every call is made by a thread of its own,
 * whose interruption closes the connection.
 */
final class EngineConnection implements Closeable {
    static final JsonMapper JSON = new JsonMapper();
    private static final int NOT_MODIFIED = 304;
    private static final int MAX_ANSWER = 64 << 20;
    private static final int MAX_WORDS = 64 << 10;

    private final EngineAddress address;
    private final Transport client;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    /** @param connections how many there are at most at once */
    EngineConnection(EngineAddress address, int connections) throws IOException {
        this.address = address;
        this.client = new Transport(address, connections);
    }

    /** @param connections how many there may be at once, unless there may be more already */
    void makeRoom(int connections) {
        client.makeRoom(connections);
    }

    static DockerHttpClient.Request.Builder request(DockerHttpClient.Request.Method method, String path) {
        return DockerHttpClient.Request.builder().method(method).path(path);
    }

    /** @return the answer's JSON; a missing node if it has none */
    JsonNode call(DockerHttpClient.Request request, Duration patience) throws IOException, EngineRefusal {
        byte[] body = within(patience, request, () -> {
            try (DockerHttpClient.Response response = client.execute(request)) {
                byte[] bytes = response.getBody().readNBytes(MAX_ANSWER);
                return new Answered(response.getStatusCode(), Bytes.wrap(bytes));
            }
        });
        return json(body);
    }

    /**
     * Opens an answer that is read piece by piece, for as long as the caller likes.
     *
     * @param patience until it begins
     */
    DockerHttpClient.Response open(DockerHttpClient.Request request, Duration patience)
            throws IOException, EngineRefusal {
        Parcel parcel = new Parcel();
        DockerHttpClient.Response response;
        try {
            response = await(
                    threads.submit(() -> {
                        DockerHttpClient.Response answer = client.execute(request);
                        parcel.deliver(answer);
                        return answer;
                    }),
                    patience,
                    request);
        } catch (IOException e) {
            parcel.refuse();
            throw e;
        }
        if (!isRefusal(response.getStatusCode())) {
            return response;
        }
        try (response) {
            byte[] words = await(threads.submit(() -> response.getBody().readNBytes(MAX_WORDS)), patience, request);
            throw new EngineRefusal(response.getStatusCode(), words(words));
        }
    }

    /**
     * The JSON values of an answer, as they come. Nobody closes them: closing an answer's body reads it to its end, which some
     * do not have. The answer itself is closed.
     */
    static MappingIterator<JsonNode> values(DockerHttpClient.Response response) throws IOException {
        return JSON.readerFor(JsonNode.class).readValues(response.getBody());
    }

    @Override
    public void close() throws IOException {
        threads.shutdownNow();
        client.close();
    }

    private record Answered(int status, Bytes body) {}

    private interface Call {
        Answered make() throws IOException;
    }

    private byte[] within(Duration patience, DockerHttpClient.Request request, Call call)
            throws IOException, EngineRefusal {
        Answered answered = await(threads.submit(call::make), patience, request);
        if (isRefusal(answered.status())) {
            throw new EngineRefusal(answered.status(), words(answered.body().unwrap()));
        }
        return answered.body().unwrap();
    }

    private <T> T await(Future<T> future, Duration patience, DockerHttpClient.Request request) throws IOException {
        try {
            return future.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            future.cancel(true);
            throw new IOException("the Docker engine at %s has not answered %s within %d s"
                    .formatted(address.uri(), what(request), patience.toSeconds()));
        } catch (InterruptedException e) {
            future.cancel(true);
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the Docker engine");
        } catch (ExecutionException e) {
            throw new IOException(
                    "the Docker engine at %s cannot be reached (%s)".formatted(address.uri(), root(e)), e.getCause());
        }
    }

    /** The transport wraps what has happened, and repeats the path, which is known here. */
    private static String root(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return EngineWords.shown(String.valueOf(cause.getMessage()));
    }

    /** Redirects, which only something before an engine gives, are not followed; that nothing was to be done is fine. */
    private static boolean isRefusal(int status) {
        return status >= 300 && status != NOT_MODIFIED;
    }

    private static String what(DockerHttpClient.Request request) {
        String path = request.path();
        int query = path.indexOf('?');
        return request.method() + " " + (query < 0 ? path : path.substring(0, query));
    }

    private static JsonNode json(byte[] body) throws IOException {
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            return JSON.missingNode(); // a few answers are plain words
        }
    }

    private static String words(byte[] body) {
        try {
            JsonNode message = JSON.readTree(body).path("message");
            if (message.isTextual()) {
                return EngineWords.shown(message.textValue());
            }
        } catch (IOException e) {
            // then it is no JSON
        }
        return EngineWords.shown(new String(body, 0, Math.min(body.length, MAX_WORDS), StandardCharsets.UTF_8));
    }
}
