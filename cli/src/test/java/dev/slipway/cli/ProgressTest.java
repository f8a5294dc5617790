package dev.slipway.cli;

import static dev.slipway.cli.api.StubApi.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.cli.api.StubApi;
import dev.slipway.protocol.TaskState;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final StubApi api = new StubApi();
    private final List<String> said = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        api.close();
    }

    @Test
    void tellsWhatIsBeingPreparedAndNotEachNumber() {
        var pulling = "pulling image a:1: %d of 9 layers";
        api.answer(
                "GET /api/v1/tasks/x-1",
                json(200, Tasks.launching(pulling.formatted(1))),
                json(200, Tasks.launching(pulling.formatted(2))),
                json(200, Tasks.launching("starting")),
                json(200, Tasks.in(TaskState.RUNNING)));

        try (var _ = new Progress(api.client(), Tasks.in(TaskState.QUEUED), said::add)) {
            await().until(() -> said.contains("running"));
        }

        assertThat(said)
                .containsExactly(
                        "launching on host-1: pulling image a:1: 1 of 9 layers",
                        "launching on host-1: starting",
                        "running");
    }
}
