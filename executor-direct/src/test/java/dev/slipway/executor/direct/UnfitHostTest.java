package dev.slipway.executor.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.executor.core.PreflightFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can be told of earlier runs while tasks cannot run here. */
class UnfitHostTest {
    @TempDir
    private Path directory;

    @Test
    void whatEarlierProcessesLeftIsToldThoughTheAgentIsMissing() throws IOException {
        try (DirectBackend backend = new DirectBackend("executor-1", config("/nowhere/oz", Optional.empty()))) {
            assertThatThrownBy(backend::preflight)
                    .isInstanceOf(PreflightFailure.class)
                    .hasMessageContaining("oz_path");

            assertThat(backend.survivors()).isEmpty();
        }
    }

    @Test
    void whatEarlierProcessesLeftIsToldThoughTheTargetDirectoryIsMissing() throws IOException {
        Path missing = directory.resolve("missing");
        try (DirectBackend backend = new DirectBackend("executor-1", config("oz", Optional.of(missing)))) {
            assertThatThrownBy(backend::preflight)
                    .isInstanceOf(PreflightFailure.class)
                    .hasMessageContaining("target_dir");

            assertThat(backend.survivors()).isEmpty();
        }
    }

    @Test
    void nothingIsToldWhileAnotherProcessHasTheExecutorsId() throws Exception {
        try (DirectBackend first =
                        new DirectBackend("executor-1", PlainTasks.config(directory, directory, Optional.empty()));
                DirectBackend second =
                        new DirectBackend("executor-1", PlainTasks.config(directory, directory, Optional.empty()))) {
            assertThatThrownBy(first::survivors).as("before it has the id").isInstanceOf(IOException.class);
            first.preflight();
            assertThatThrownBy(second::preflight)
                    .isInstanceOf(PreflightFailure.class)
                    .hasMessageContaining("another process");

            assertThat(first.survivors()).isEmpty();
            assertThatThrownBy(second::survivors).isInstanceOf(IOException.class);
        }
    }

    private DirectConfig config(String oz, Optional<Path> target) {
        return new DirectConfig(
                directory.resolve("workspaces"),
                target,
                directory.resolve("evidence"),
                Optional.of(oz),
                new DirectConfig.Commands(Optional.empty(), Optional.empty(), Optional.empty(), false),
                Map.of(),
                true,
                Map.of());
    }
}
