package dev.slipway.executor.docker;

import com.github.dockerjava.transport.DockerHttpClient;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/** An engine's answer without an engine. What was read ahead of it is still there when it is closed. */
final class FakeAnswer implements DockerHttpClient.Response {
    private final InputStream body;
    private boolean closed;

    FakeAnswer(InputStream body) {
        this.body = body;
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public int getStatusCode() {
        return 200;
    }

    @Override
    public Map<String, List<String>> getHeaders() {
        return Map.of();
    }

    @Override
    public InputStream getBody() {
        return body;
    }

    @Override
    public void close() {
        closed = true;
    }
}
