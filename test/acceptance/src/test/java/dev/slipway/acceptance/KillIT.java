package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.testkit.Assignment;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Services end and are killed while a task runs. */
class KillIT extends ControlPlaneTest {
    @BeforeEach
    void start() throws Exception {
        slipway.configure();
        up();
    }

    @Test
    void theTaskEndsWithItsTrueExitCodeAndItsResultArrives() throws Exception {
        controlPlane.assign(Assignment.of("t")
                .execution("x")
                .env("PLAY", journal.note("start") + "echo before; " + journal.waitAt("gate") + "echo after; exit 5"));
        journal.awaitLine("start t");
        slipway.awaitState("x", "running");

        for (String service : List.of("dispatcher", "connector", "executor-direct")) {
            slipway.kill(service);
            up();
            slipway.awaitReport();
            assertThat(slipway.task("x").get("state").textValue()).isEqualTo("running");
        }
        journal.open("gate");

        assertThat(controlPlane.awaitFailed("t").exitCode()).hasValue(5);
        assertThat(journal.lines()).containsExactly("start t");
        assertThat(slipway.get("/api/v1/tasks/x/logs").body()).isEqualTo("before\nafter\n");
    }

    @Test
    void theTaskEndsWhileEveryServiceIsDead() throws Exception {
        controlPlane.assign(Assignment.of("t")
                .execution("x")
                .env("PLAY", journal.note("start") + journal.waitAt("gate") + journal.note("end") + "exit 6"));
        journal.awaitLine("start t");
        slipway.awaitState("x", "running");
        for (String service : List.of("executor-direct", "connector", "dispatcher")) {
            slipway.kill(service);
        }
        journal.open("gate");
        journal.awaitLine("end t");

        up();

        assertThat(controlPlane.awaitFailed("t").exitCode()).hasValue(6);
        assertThat(journal.count("start t")).isEqualTo(1);
    }

    @Test
    void theTaskOutlivesTheServicesAndIsFoundByAStartThatIsToldNothing() throws Exception {
        controlPlane.assign(Assignment.of("t")
                .execution("x")
                .env("PLAY", journal.note("start") + journal.waitAt("gate") + "exit 7"));
        journal.awaitLine("start t");
        slipway.awaitState("x", "running");
        assertThat(slipway.run("down").exitCode()).isZero();

        Slipway.Result up = slipway.run(
                Slipway.upOnFreePorts("--web-socket-url", controlPlane.uri().toString()));
        assertThat(up.exitCode()).as("%s", up).isZero();
        journal.open("gate");

        assertThat(controlPlane.awaitFailed("t").exitCode()).hasValue(7);
        assertThat(journal.lines()).containsExactly("start t");
    }
}
