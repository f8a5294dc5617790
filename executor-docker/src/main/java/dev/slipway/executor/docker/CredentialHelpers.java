package dev.slipway.executor.docker;

import static dev.slipway.executor.docker.EngineConnection.JSON;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Programs that keep credentials. What they print is a secret, also when they fail. */
final class CredentialHelpers {
    private static final Logger LOG = Logger.getLogger(CredentialHelpers.class);
    private static final long PATIENCE_SECONDS = 30;
    private static final int MAX_ANSWER = 1 << 20;

    private final Map<String, String> env;

    CredentialHelpers(Map<String, String> env) {
        this.env = env;
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
        } catch (IOException e) {
            LOG.warnf("%s cannot be asked for credentials: %s", program, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
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

    private Optional<JsonNode> run(Path program, String key) throws IOException, InterruptedException {
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
            Thread watchdog = Thread.ofVirtual().start(() -> {
                try {
                    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                        process.destroyForcibly();
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            byte[] answer;
            try (InputStream output = process.getInputStream()) {
                answer = output.readNBytes(MAX_ANSWER);
            }
            int code = process.waitFor();
            watchdog.interrupt();
            return code == 0 ? Optional.of(read(answer)) : Optional.empty();
        } finally {
            process.destroyForcibly();
        }
    }
}
