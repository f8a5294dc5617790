package dev.slipway.executor.docker;

import static dev.slipway.executor.docker.EngineConnection.JSON;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.executor.core.Deadline;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Programs that keep credentials. What they print is a secret, also when they fail. */
final class CredentialHelpers {
    private static final Logger LOG = Logger.getLogger(CredentialHelpers.class);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LOOK = Duration.ofMillis(10);
    private static final int MAX_ANSWER = 1 << 20;

    private final Map<String, String> env;
    private final Duration patience;

    CredentialHelpers(Map<String, String> env) {
        this(env, PATIENCE);
    }

    CredentialHelpers(Map<String, String> env, Duration patience) {
        this.env = env;
        this.patience = patience;
    }

    /** What it keeps under the key. */
    Optional<JsonNode> get(String program, String key) {
        Optional<Path> found = Arrays.stream(
                        env.getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin").split(":", -1))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, program))
                .filter(Files::isExecutable)
                .findFirst();
        if (found.isEmpty()) {
            LOG.warnf("the docker configuration names %s, which is not on PATH: install it", program);
            return Optional.empty();
        }
        try {
            return run(found.get(), key);
        } catch (InterruptedIOException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.warnf("%s cannot be asked for credentials: %s", program, e.getMessage());
        }
        return Optional.empty();
    }

    /** @throws IOException which says nothing of the answer, unlike the exceptions of the parser */
    static JsonNode read(byte[] answer) throws IOException {
        try {
            return JSON.readTree(answer);
        } catch (JsonProcessingException e) {
            throw new IOException("it does not answer as a credential helper does");
        }
    }

    private Optional<JsonNode> run(Path program, String key) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(program.toString(), "get").redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        builder.environment().putAll(env);
        Process process = builder.start();
        try {
            try (OutputStream input = process.getOutputStream()) {
                input.write(key.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                LOG.debugf("%s ended before it was asked", program);
            }
            byte[] answer = answer(process);
            return process.exitValue() == 0 ? Optional.of(read(answer)) : Optional.empty();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /** What it prints until it ends. No read waits: what it has started may keep its output open for longer than it lives. */
    private byte[] answer(Process process) throws IOException {
        Deadline deadline = Deadline.in(patience);
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        InputStream output = process.getInputStream();
        while (true) {
            boolean isOver = !process.isAlive();
            int there = output.available();
            if (there > 0) {
                answer.writeBytes(output.readNBytes(there));
                if (answer.size() > MAX_ANSWER) {
                    throw new IOException("it does not come to an end of its answer");
                }
            } else if (isOver) {
                return answer.toByteArray();
            } else if (deadline.isOver()) {
                throw new IOException("it has not answered within %d s".formatted(patience.toSeconds()));
            } else {
                deadline.pause(LOOK);
            }
        }
    }
}
