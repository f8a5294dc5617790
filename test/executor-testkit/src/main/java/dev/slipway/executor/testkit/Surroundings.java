package dev.slipway.executor.testkit;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an executor service finds around it in a test: a dispatcher, and a directory of its own with its settings. Both go after
 * the service. A test that has fields of these types is given them.
 */
public abstract class Surroundings implements QuarkusTestResourceLifecycleManager {
    private @Nullable FakeDispatcher dispatcher;
    private @Nullable Path directory;

    /**
     * Prepares what else the service is to find.
     *
     * @return the text of its settings file
     */
    protected abstract String settings(Path own) throws Exception;

    /** What else the service is configured with. */
    protected Map<String, String> more() {
        return Map.of();
    }

    @Override
    public Map<String, String> start() {
        try {
            FakeDispatcher fake = new FakeDispatcher();
            dispatcher = fake;
            Path own = Files.createTempDirectory("executor-test");
            directory = own;
            Path settings = Files.writeString(own.resolve("settings.yaml"), settings(own));
            Map<String, String> configuration = new HashMap<>(more());
            configuration.put("slipway.state-dir", own.resolve("state").toString());
            configuration.put("slipway.settings-file", settings.toString());
            configuration.put("slipway.dispatcher-url", fake.url().toString());
            configuration.put("slipway.internal-token", FakeDispatcher.TOKEN);
            configuration.put("quarkus.http.test-port", "0");
            return configuration;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void inject(TestInjector tests) {
        tests.injectIntoFields(dispatcher, new TestInjector.MatchesType(FakeDispatcher.class));
        tests.injectIntoFields(directory, new TestInjector.MatchesType(Path.class));
    }

    @Override
    public void stop() {
        if (dispatcher != null) {
            dispatcher.close();
        }
        if (directory != null) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
