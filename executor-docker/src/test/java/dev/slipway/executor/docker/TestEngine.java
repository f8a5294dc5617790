package dev.slipway.executor.docker;

import static dev.slipway.executor.testkit.Watching.awaitEnd;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Container;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.settings.DockerRules;
import dev.slipway.testkit.DockerEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** One real engine for all tests of a run; where there can be none, they are skipped, and say why. */
public final class TestEngine implements BeforeAllCallback, ParameterResolver {
    static final String IMAGE = "busy:1";
    private static final Logger LOG = Logger.getLogger(TestEngine.class);
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(TestEngine.class);

    private record Running(DockerEngine engine) implements AutoCloseable {
        static Running start() {
            try {
                DockerEngine engine = DockerEngine.start(Files.createTempDirectory("sw-docker"));
                engine.makeImage(IMAGE, _ -> {});
                return new Running(engine);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() throws IOException {
            engine.close();
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        assumePossible(context.getDisplayName());
    }

    /** Where there can be no engine, the tests are skipped, and the build's output says which and why. */
    static void assumePossible(String tests) {
        assumeNone(tests, DockerEngine.obstacle());
    }

    static void assumeNone(String tests, Optional<String> obstacle) {
        obstacle.ifPresent(words -> LOG.warnf("%s SKIPPED, not tried on a real Docker engine: %s", tests, words));
        assumeTrue(obstacle.isEmpty(), () -> "not tried on a real Docker engine: " + obstacle.orElse(""));
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == DockerEngine.class;
    }

    @Override
    public DockerEngine resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent("engine", _ -> Running.start(), Running.class)
                .engine();
    }

    static DockerConfig config(DockerRules rules, String... volumes) {
        return new DockerConfig(List.of(volumes), Map.of(), true, rules, Map.of());
    }

    /** Images are made here: no registry has them. */
    static DockerRules localImages() {
        return rules(DockerRules.PullPolicy.MISSING);
    }

    /** Tasks and sidecars may use only images that match one of these. */
    static DockerRules allowing(String... images) {
        return rules(DockerRules.PullPolicy.MISSING, Optional.of(List.of(images)));
    }

    static DockerRules rules(DockerRules.PullPolicy policy) {
        return rules(policy, Optional.empty());
    }

    private static DockerRules rules(DockerRules.PullPolicy policy, Optional<List<String>> images) {
        return rules(policy, DockerRules.defaults().pullStall(), images);
    }

    /** @param stall how long a pull may make no progress */
    static DockerRules rules(DockerRules.PullPolicy policy, Duration stall) {
        return rules(policy, Optional.of(stall), Optional.empty());
    }

    private static DockerRules rules(
            DockerRules.PullPolicy policy, Optional<Duration> stall, Optional<List<String>> images) {
        DockerRules usual = DockerRules.defaults();
        return new DockerRules(
                policy, stall, usual.keepSidecars(), usual.confinement(), usual.network(), images, Optional.empty());
    }

    static DockerBackend backend(DockerEngine engine, String executor, DockerConfig config) throws Exception {
        return backend(engine.host(), executor, 0, config, Engine.Patience.USUAL);
    }

    static DockerBackend backend(String host, String executor, int slots, DockerConfig config, Engine.Patience patience)
            throws Exception {
        DockerBackend backend = new DockerBackend(
                executor, slots, config, new Discovery(Map.of("DOCKER_HOST", host)), Clock.systemUTC(), patience);
        backend.preflight();
        return backend;
    }

    /** Of a start that must come to nothing. */
    static StartFailure failedStart(DockerBackend backend, RunId run, TaskSpec task) throws IOException {
        try {
            backend.start(run, task, _ -> {});
        } catch (StartFailure e) {
            return e;
        }
        throw new AssertionError("it has started");
    }

    /** Whatever is left of them, or was never there. */
    static void endAll(DockerBackend backend, List<RunId> runs) throws IOException {
        for (RunId run : runs) {
            backend.stop(run, Duration.ZERO);
            awaitEnd(backend, run);
            backend.forget(run);
        }
    }

    static TaskSpec task(String script) {
        return task(IMAGE, Map.of(), "sh", "-c", script);
    }

    static TaskSpec task(String image, Map<String, SecretValue> env, String... command) {
        return new TaskSpec(
                "task",
                new Program.Command(List.of(command)),
                Optional.of(image),
                env,
                Optional.of("/"),
                Optional.empty());
    }

    static TaskSpec in(Container container, TaskSpec task) {
        return new TaskSpec(
                task.taskId(), task.program(), task.image(), task.env(), task.workdir(), task.traceparent(), container);
    }
}
