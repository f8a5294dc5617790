package dev.slipway.cli;

import static dev.slipway.cli.api.StubApi.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.cli.api.StubApi;
import dev.slipway.protocol.Api;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The end of the services, here a process that sleeps and an API that answers as the test wants. */
class DownCommandTest {
    private static final String SHUTDOWN = "POST /api/v1/shutdown";

    @TempDir
    private Path directory;

    private final StubApi api = new StubApi();
    private TestHost host;
    private Process services;

    @BeforeEach
    void prepare() throws IOException {
        host = new TestHost(directory);
        services = new ProcessBuilder("sleep", "600").start();
        RunningServices.pretend(host, api, services.toHandle());
        api.answer("GET /api/v1/tasks", json(200, new Api.TaskPage(List.of(), Optional.empty())));
    }

    @AfterEach
    void close() {
        services.destroyForcibly();
        api.close();
    }

    @Test
    void leavesTheTasksAlone() {
        assertThat(host.run("down")).isZero();

        assertThat(services.isAlive()).isFalse();
        assertThat(api.asked(SHUTDOWN)).isEmpty();
    }

    @Test
    void endsTheTasksFirst() {
        api.answer(SHUTDOWN, left(2, 0), refusal(503), left(0, 1), left(0, 0));

        assertThat(host.run("down", "--stop-tasks")).isZero();

        assertThat(api.asked(SHUTDOWN)).hasSize(4);
        assertThat(services.isAlive()).isFalse();
        assertThat(host.out()).startsWith("stopped: ");
        assertThat(host.err()).isEmpty();
    }

    @Test
    void endsTheTasksFirstWhenThatIsConfigured() throws IOException {
        Files.writeString(host.stateDir().resolve("settings.yaml"), "slipway: {on_shutdown: stop}");
        api.answer(SHUTDOWN, left(0, 0));

        assertThat(host.run("down")).isZero();

        assertThat(api.asked(SHUTDOWN)).hasSize(1);
    }

    @Test
    void stopsTheServicesEvenIfTheDispatcherCannotEndTheTasks() {
        api.answer(SHUTDOWN, refusal(500));

        assertThat(host.run("down", "--stop-tasks")).isZero();

        assertThat(services.isAlive()).isFalse();
        assertThat(host.err()).contains("it is not known whether the running tasks have ended", "it broke");
    }

    private static StubApi.Answer left(int active, int undelivered) {
        return json(200, new Api.Shutdown(active, undelivered));
    }

    private static StubApi.Answer refusal(int status) {
        return json(status, Map.of("type", "t", "title", "t", "status", status, "detail", "it broke"));
    }
}
