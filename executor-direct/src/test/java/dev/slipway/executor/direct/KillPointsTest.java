package dev.slipway.executor.direct;

import static dev.slipway.executor.testkit.Watching.awaitEnd;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.Survivor;
import dev.slipway.protocol.Ending;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Executors that are killed at any point of starting, observing, stopping and forgetting runs. */
class KillPointsTest {
    private static final int KILLS = 4;

    @TempDir
    Path directory;

    @AfterEach
    void leaveNothingBehind() throws Exception {
        try (DirectBackend backend = new DirectBackend("executor-1", KilledExecutor.config(directory))) {
            backend.preflight();
            for (Survivor survivor : backend.survivors()) {
                backend.stop(survivor.run(), Duration.ZERO);
            }
        }
    }

    @Test
    void theNextProcessEndsEveryRunAndNothingIsLeftOfAny() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Path journal = Files.createDirectory(directory.resolve("journal"));
        for (int i = 0; i < KILLS; i++) {
            killAfter(random.nextInt(1, 30));
            endWhatIsLeft(journal);

            assertThat(directory.resolve("workspaces")).as("seed %d", seed).isEmptyDirectory();
            assertThat(namesIn(directory.resolve("evidence")))
                    .as("seed %d", seed)
                    .containsExactlyInAnyOrder("keeper.sh", "executor-1.lock");
            assertThat(namesIn(journal))
                    .allSatisfy(run -> assertThat(Files.readString(journal.resolve(run)))
                            .as("once, and with what its setup command left; seed %d", seed)
                            .isIn(KilledExecutor.isStopped(run) ? List.of("left\n", "") : List.of("left\n")));
        }
    }

    private void killAfter(int lines) throws IOException, InterruptedException {
        Process executor = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledExecutor.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader said = executor.inputReader()) {
            for (int i = 0; i < lines; i++) {
                assertThat(said.readLine()).isNotNull();
            }
        } finally {
            executor.destroyForcibly().waitFor();
        }
    }

    private void endWhatIsLeft(Path journal) throws Exception {
        try (DirectBackend backend = new DirectBackend("executor-1", KilledExecutor.config(directory))) {
            backend.preflight();
            for (Survivor survivor : backend.survivors()) {
                RunId run = survivor.run();
                if (KilledExecutor.isStopped(run.key().execution())) {
                    backend.stop(run, Duration.ofMillis(50));
                }
                Ending ending = awaitEnd(backend, run).ending();
                if (ending instanceof Ending.NotStarted) {
                    assertThat(journal.resolve(run.key().execution())).doesNotExist();
                } else {
                    assertThat(ending).isInstanceOf(Ending.Exited.class);
                }
                backend.forget(run);
            }
        }
    }

    private static Stream<String> namesIn(Path place) throws IOException {
        try (Stream<Path> entries = Files.list(place)) {
            return entries.map(entry -> entry.getFileName().toString()).toList().stream();
        }
    }
}
