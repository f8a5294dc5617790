package dev.slipway.dispatcher.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Life;
import dev.slipway.dispatcher.core.Message;
import dev.slipway.dispatcher.core.Peer;
import dev.slipway.dispatcher.core.Preparation;
import dev.slipway.dispatcher.core.Source;
import dev.slipway.dispatcher.core.State;
import dev.slipway.dispatcher.core.TestLimits;
import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.TaskState;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TelemetryTest {
    private static final long NOW = 1_000_000;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Telemetry telemetry =
            new Telemetry(registry, TestLimits.of(7, 100), new Telemetry.Worker("1.2.3", "direct", "w-1"));

    private static State state(Execution... executions) {
        return State.restore(
                "ledger",
                "session",
                0,
                List.of(executions),
                List.of(new Message(1, "e", "t", Message.Kind.RESULT, 0)),
                List.of());
    }

    private void committed(State state, Change... changes) {
        telemetry.committed(new Batch(NOW, 1, List.of(changes), Map.of(), Duration.ofMillis(3)), state);
    }

    private static Change.Moved ended(TaskState state, Optional<FailureReason> reason, long launchedAt, long endedAt) {
        return new Change.Moved(
                1,
                "e",
                1,
                new Life.Queued(0),
                new Life.Ended(state, reason, OptionalInt.empty(), launchedAt, launchedAt, endedAt),
                "cause",
                "actor",
                endedAt,
                Optional.empty());
    }

    private static Change reported(long incarnation, long dialFailures, long remoteCloses) {
        return new Change.ConnectorReported(
                "c",
                new ConnectorSync(
                        incarnation, 1, true, List.of(), List.of(), List.of(), List.of(), dialFailures, remoteCloses),
                NOW);
    }

    private double value(String name, String... tags) {
        return registry.get(name).tags(tags).meter().measure().iterator().next().getValue();
    }

    @Test
    void hasAFailureSeriesForEveryReasonFromTheStart() {
        for (FailureReason reason : FailureReason.values()) {
            assertThat(value("oz_worker_task_failures", "phase", "backend", "reason", reason.wireName()))
                    .isZero();
        }
    }

    @Test
    void tellsWhichWorkerItIs() {
        assertThat(value("oz_worker_info", "version", "1.2.3", "backend", "direct", "worker_id", "w-1"))
                .isEqualTo(1);
        assertThat(value("oz_worker_tasks_max_concurrent")).isEqualTo(7);
    }

    @Test
    void countsClaimsRejectionsAndEndings() {
        committed(
                state(),
                new Change.Claimed("e"),
                ended(TaskState.SUCCEEDED, Optional.empty(), NOW, NOW + 30_000),
                ended(TaskState.FAILED, Optional.of(FailureReason.IMAGE_PULL), NOW, NOW + 5_000));
        telemetry.rejectedAtCapacity();
        assertThat(value("oz_worker_tasks_claimed")).isEqualTo(1);
        assertThat(value("oz_worker_tasks_rejected", "reason", "at_capacity")).isEqualTo(1);
        assertThat(value("oz_worker_tasks_completed", "result", "succeeded")).isEqualTo(1);
        assertThat(value("oz_worker_tasks_completed", "result", "failed")).isEqualTo(1);
        assertThat(value("oz_worker_task_failures", "phase", "backend", "reason", "image_pull"))
                .isEqualTo(1);
    }

    @Test
    void measuresFromLaunchToEnd() {
        committed(state(), ended(TaskState.SUCCEEDED, Optional.empty(), NOW, NOW + 30_000));
        assertThat(registry.get("oz_worker_task_duration")
                        .tags("result", "succeeded")
                        .timer()
                        .totalTime(TimeUnit.SECONDS))
                .isEqualTo(30);
    }

    @Test
    void doesNotMeasureWhatWasNeverLaunched() {
        committed(state(), ended(TaskState.CANCELLED, Optional.empty(), 0, NOW));
        assertThat(registry.find("oz_worker_task_duration").timers()).isEmpty();
    }

    @Test
    void countsReconnectsOnceEachAcrossReportsAndIncarnations() {
        committed(state(), reported(1, 5, 5));
        committed(state(), reported(1, 6, 7));
        committed(state(), reported(1, 6, 7));
        committed(state(), reported(2, 3, 0));
        assertThat(value("oz_worker_websocket_reconnects", "reason", "dial_failed"))
                .isEqualTo(4);
        assertThat(value("oz_worker_websocket_reconnects", "reason", "remote_close"))
                .isEqualTo(2);
    }

    @Test
    void showsQueueSlotsAndOutbox() {
        committed(state(execution("q", new Life.Queued(0)), execution("r", new Life.Running("x", 1, 1, false))));
        assertThat(value("slipway_queue_depth")).isEqualTo(1);
        assertThat(value("slipway_queue_oldest_seconds")).isEqualTo(60);
        assertThat(value("oz_worker_tasks_active")).isEqualTo(1);
        assertThat(value("slipway_outbox_backlog")).isEqualTo(1);
    }

    @Test
    void countsAttemptsRetriesAndWhatIsGivenUpOrGivenBack() {
        Life.Queued queued = new Life.Queued(0);
        Life.Launching launching = new Life.Launching("x", NOW);
        Life.Ended failed =
                new Life.Ended(TaskState.FAILED, Optional.of(FailureReason.UNKNOWN), OptionalInt.empty(), NOW, 0, NOW);
        committed(
                state(),
                moved(queued, launching, "dispatcher"),
                moved(launching, queued, "executor:x"),
                moved(queued, launching, "dispatcher"),
                moved(launching, failed, "dispatcher"),
                moved(launching, failed, "executor:x"),
                moved(queued, failed, "dispatcher"),
                new Change.GivenBack("e", "t"));
        assertThat(value("slipway_task_attempts")).isEqualTo(2);
        assertThat(value("slipway_task_retries")).isEqualTo(1);
        assertThat(value("slipway_tasks_given_up")).isEqualTo(1);
        assertThat(value("slipway_assignments_given_back")).isEqualTo(1);
    }

    @Test
    void showsWhatIsStalledAndExecutorsThatAreAwayWithTasks() {
        State state = State.restore(
                "ledger",
                "session",
                0,
                List.of(
                        execution("stalled", new Life.Running("away", 1, 1, true)),
                        execution("busy", new Life.Running("away", 1, 1, false))),
                List.of(),
                List.of(executor("away"), executor("idle")));
        committed(state);
        assertThat(value("slipway_tasks_stalled")).isEqualTo(1);
        assertThat(value("slipway_executors_away")).isEqualTo(1);
        assertThat(value("slipway_executors")).isZero();
    }

    private static Peer.Executor executor(String id) {
        return new Peer.Executor(id, 1, BackendKind.DIRECT, false, Optional.empty(), Map.of(), List.of(), false, 0);
    }

    private static Change.Moved moved(Life from, Life to, String actor) {
        return new Change.Moved(1, "e", 1, from, to, "cause", actor, NOW, Optional.empty());
    }

    private static Execution execution(String id, Life life) {
        return new Execution(
                id,
                "t",
                id.hashCode(),
                Source.API,
                true,
                0,
                false,
                NOW - 60_000,
                OptionalLong.empty(),
                true,
                0,
                life,
                Preparation.NONE);
    }
}
