package dev.slipway.dispatcher.api;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;

/** A state directory, tokens and free ports for one dispatcher. */
public final class DispatcherUnderTest implements QuarkusTestResourceLifecycleManager {
    static final String API_TOKEN = "canary-api-token";
    static final String INTERNAL_TOKEN = "canary-internal-token";

    private Path directory = Path.of("");

    @Override
    public Map<String, String> start() {
        try {
            directory = Files.createTempDirectory("dispatcher");
            Path settings = Files.writeString(directory.resolve("settings.yaml"), """
                    worker_id: worker-1
                    max_concurrent_tasks: 2
                    slipway:
                      queue_limit: 3
                    """);
            return Map.of(
                    "slipway.state-dir",
                    directory.resolve("state").toString(),
                    "slipway.settings-file",
                    settings.toString(),
                    "slipway.api-token",
                    API_TOKEN,
                    "slipway.internal-token",
                    INTERNAL_TOKEN,
                    "quarkus.http.test-port",
                    "0",
                    "quarkus.management.test-port",
                    "0");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void stop() {
        System.clearProperty("org.sqlite.tmpdir"); // the dispatcher set it for its process, which goes on here
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
