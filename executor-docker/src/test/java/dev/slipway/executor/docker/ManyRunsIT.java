package dev.slipway.executor.docker;

import static dev.slipway.executor.testkit.Watching.PATIENCE;
import static dev.slipway.executor.testkit.Watching.awaitEnd;
import static dev.slipway.executor.testkit.Watching.code;
import static dev.slipway.executor.testkit.Watching.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.testkit.ContainerCount;
import dev.slipway.testkit.DockerEngine;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Many more runs than slots: what one run would not give back shows when all are over. */
@ExtendWith(TestEngine.class)
class ManyRunsIT {
    private static final String EXECUTOR = "executor-many";
    private static final int RUNS = 50;
    private static final int IMAGES = 5;
    private static final int SLOTS = 10;

    /** Of an executor without runs: for the engine's events, its pulse, and one more. What is idle for some seconds is closed. */
    private static final int IDLE_CONNECTIONS = 3;

    private final DockerEngine engine;

    ManyRunsIT(DockerEngine engine) {
        this.engine = engine;
    }

    @Test
    void fiftyRunsOverFiveImagesHaveAContainerEachAndGiveEverythingBack() throws Exception {
        for (int i = 0; i < IMAGES; i++) {
            String number = Integer.toString(i);
            engine.makeImage("many:" + i, root -> Files.writeString(root.resolve("number"), number));
        }
        try (ContainerCount count = ContainerCount.start(engine, Names.EXECUTOR, EXECUTOR);
                DockerBackend backend = TestEngine.backend(
                        engine.host(),
                        EXECUTOR,
                        SLOTS,
                        TestEngine.config(TestEngine.localImages()),
                        Engine.Patience.USUAL)) {
            try (ExecutorService slots = Executors.newFixedThreadPool(SLOTS)) {
                List<Future<?>> runs = new ArrayList<>();
                for (int i = 0; i < RUNS; i++) {
                    int number = i;
                    runs.add(slots.submit(() -> {
                        runOne(backend, number);
                        return null;
                    }));
                }
                for (Future<?> run : runs) {
                    run.get();
                }
            }

            ContainerCount.Most most = count.most();
            assertThat(most.made()).isEqualTo(RUNS);
            assertThat(most.existing()).isLessThanOrEqualTo(SLOTS);
            assertThat(engine.docker("ps", "-aq", "--filter", "label=" + Names.EXECUTOR + "=" + EXECUTOR))
                    .isEmpty();
            assertThat(engine.docker("volume", "ls", "-q", "--filter", "label=" + Names.EXECUTOR + "=" + EXECUTOR))
                    .isEmpty();
            await().atMost(PATIENCE).until(engine::connections, open -> open <= IDLE_CONNECTIONS);
        }
        await().atMost(PATIENCE).until(() -> engine.connections() == 0);
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
}
