package dev.slipway.executor.docker;

import static dev.slipway.executor.testkit.Watching.PATIENCE;
import static dev.slipway.executor.testkit.Watching.awaitEnd;
import static dev.slipway.executor.testkit.Watching.code;
import static dev.slipway.executor.testkit.Watching.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.testkit.DockerEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** More runs than the pools have connections: one that was not given back for each would show. */
@ExtendWith(TestEngine.class)
class ManyRunsIT {
    private static final int RUNS = 50;
    private static final int IMAGES = 5;
    private static final int SLOTS = 10;

    /** Of both pools together. */
    private static final int MOST_CONNECTIONS = 2 * 16 + 5 * SLOTS;

    private final DockerEngine engine;

    ManyRunsIT(DockerEngine engine) {
        this.engine = engine;
    }

    @Test
    void fiftyRunsOverFiveImagesGiveEveryConnectionBack() throws Exception {
        for (int i = 0; i < IMAGES; i++) {
            String number = Integer.toString(i);
            engine.makeImage("many:" + i, root -> Files.writeString(root.resolve("number"), number));
        }
        AtomicInteger most = new AtomicInteger();
        try (DockerBackend backend = TestEngine.backend(
                engine.host(),
                "executor-many",
                SLOTS,
                TestEngine.config(TestEngine.localImages()),
                Engine.Patience.USUAL)) {
            try (ExecutorService slots = Executors.newFixedThreadPool(SLOTS)) {
                List<Future<?>> runs = new ArrayList<>();
                for (int i = 0; i < RUNS; i++) {
                    int number = i;
                    runs.add(slots.submit(() -> {
                        runOne(backend, number);
                        most.accumulateAndGet(connections(), Math::max);
                        return null;
                    }));
                }
                for (Future<?> run : runs) {
                    run.get();
                }
            }

            assertThat(most.get()).isBetween(1, MOST_CONNECTIONS);
            assertThat(engine.docker("ps", "-aq", "--filter", "label=" + Names.EXECUTOR + "=executor-many"))
                    .isEmpty();
        }
        await().atMost(PATIENCE).until(() -> connections() == 0);
    }

    private static void runOne(DockerBackend backend, int number) throws Exception {
        RunId run = new RunId("6f0d3d54-5d0a-4b93-a9f0-0f0e4be7a311", new ExecutionKey("many-" + number, 1));
        String image = "many:" + number % IMAGES;
        backend.start(
                run, TestEngine.task(image, Map.of(), "sh", "-c", "cat /number; exit " + number % IMAGES), _ -> {});
        assertThat(code(awaitEnd(backend, run))).isEqualTo(number % IMAGES);
        assertThat(output(backend, run)).isEqualTo(Integer.toString(number % IMAGES));
        backend.forget(run);
    }

    /** As the kernel counts them at the engine's socket, its listening one left out. */
    private int connections() throws IOException {
        try (Stream<String> sockets = Files.lines(Path.of("/proc/net/unix"))) {
            return (int) sockets.filter(line -> line.endsWith(" " + engine.socket()))
                    .filter(line -> !line.contains(" 00010000 "))
                    .count();
        }
    }
}
