package dev.slipway.dispatcher.loop;

import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.core.Decider;
import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Life;
import dev.slipway.dispatcher.core.Limits;
import dev.slipway.dispatcher.core.Peer;
import dev.slipway.dispatcher.core.State;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.TaskState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The metrics, from what is durable only. The names that begin with {@code oz_worker} are a contract with dashboards. */
public final class Telemetry implements Observer {
    private static final List<String> PHASES = List.of("assignment", "backend", "cleanup");
    private static final List<String> RESULTS = List.of("succeeded", "failed", "cancelled", "dispatched");
    private static final Duration[] DURATION_BOUNDS =
            bounds(1_000, 1, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000, 25_000, 50_000);
    private static final Duration[] COMMIT_BOUNDS = bounds(1, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500);
    private static final double[] BATCH_BOUNDS = {1, 2, 4, 8, 16, 32, 64, 128, 256};

    private final MeterRegistry registry;
    private final Limits limits;
    private final Timer commits;
    private final DistributionSummary batchChanges;
    private final Counter failures;
    private final Map<String, ConnectorSync> lastOfConnector = new HashMap<>();
    private volatile Gauges gauges = Gauges.NONE;

    /** What the gauges show; ages and counts as of the last batch, which is never older than a second. */
    private record Gauges(
            boolean connected,
            int active,
            long stalled,
            int slots,
            int executors,
            long away,
            int queued,
            double oldestSeconds,
            int outbox) {
        static final Gauges NONE = new Gauges(false, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    /** @param worker names this worker in {@code oz_worker_info} */
    public Telemetry(MeterRegistry registry, Limits limits, Worker worker) {
        this.registry = registry;
        this.limits = limits;
        gauge("oz_worker_connected", "Whether the control plane is connected", g -> g.connected() ? 1 : 0);
        gauge("oz_worker_tasks_active", "Tasks that are launching, running or stopping", Gauges::active);
        gauge("oz_worker_tasks_max_concurrent", "The limit; 0 is unlimited", _ -> Math.max(0, limits.maxConcurrent()));
        Gauge.builder("oz_worker_info", () -> 1)
                .tags("version", worker.version(), "backend", worker.backend(), "worker_id", worker.id())
                .register(registry);
        claimed();
        rejectedAtCapacity(0);
        RESULTS.forEach(result -> completed(result).increment(0));
        for (String phase : PHASES) {
            for (FailureReason reason : FailureReason.values()) {
                failed(phase, reason).increment(0);
            }
        }
        reconnects("dial_failed").increment(0);
        reconnects("remote_close").increment(0);

        gauge("slipway_queue_depth", "Tasks that wait for a slot", Gauges::queued);
        gauge("slipway_queue_oldest_seconds", "How long the oldest of them has waited", Gauges::oldestSeconds);
        gauge("slipway_slots", "Slots of the executors that are present; those without a limit count 0", Gauges::slots);
        gauge("slipway_executors", "Executors that are present", Gauges::executors);
        gauge("slipway_executors_away", "Executors that have tasks and are not present", Gauges::away);
        gauge("slipway_tasks_stalled", "Running tasks that have printed nothing for stall_after", Gauges::stalled);
        attempts().increment(0);
        retries().increment(0);
        givenUp().increment(0);
        givenBack().increment(0);
        gauge("slipway_outbox_backlog", "Messages that the control plane has not confirmed", Gauges::outbox);
        commits = Timer.builder("slipway_ledger_commit")
                .description("How long the ledger took to store a batch")
                .serviceLevelObjectives(COMMIT_BOUNDS)
                .register(registry);
        batchChanges = DistributionSummary.builder("slipway_ledger_batch_changes")
                .description("How many durable changes a batch had")
                .serviceLevelObjectives(BATCH_BOUNDS)
                .register(registry);
        failures = counter("slipway_loop_failures", Tags.empty());
    }

    /** @param backend empty when none is configured */
    public record Worker(String version, String backend, String id) {}

    /** A task of the control plane was refused because the queue is full. */
    public void rejectedAtCapacity() {
        rejectedAtCapacity(1);
    }

    @Override
    public void restored(State state, Map<String, String> traceparents) {
        lastOfConnector.clear();
    }

    @Override
    public void failed() {
        failures.increment();
    }

    @Override
    public void committed(Batch batch, State state) {
        batch.changes().forEach(this::count);
        int durable = batch.changes(Change.Durable.class).size();
        if (durable > 0) {
            batchChanges.record(durable);
            commits.record(batch.commit());
        }
        gauges = gauges(state, batch.at());
    }

    private void count(Change change) {
        switch (change) {
            case Change.Claimed _ -> claimed().increment();
            case Change.GivenBack _ -> givenBack().increment();
            case Change.Moved moved -> count(moved);
            case Change.ConnectorReported reported -> reconnected(reported);
            default -> {}
        }
    }

    private void count(Change.Moved moved) {
        switch (moved.to()) {
            case Life.Launching _ -> attempts().increment();
            case Life.Queued _ -> retries().increment();
            case Life.Ended ended -> {
                ended(ended);
                if (moved.from() instanceof Life.Active && moved.actor().equals(Decider.SELF)) {
                    givenUp().increment(); // every other end of what may run is an executor's word
                }
            }
            default -> {}
        }
    }

    private void ended(Life.Ended ended) {
        String result = ended.state().wireName();
        completed(result).increment();
        if (ended.launchedAt() > 0) {
            duration(result).record(Duration.ofMillis(Math.max(0, ended.endedAt() - ended.launchedAt())));
        }
        if (ended.state() == TaskState.FAILED) {
            failed("backend", ended.reason().orElse(FailureReason.UNKNOWN)).increment();
        }
    }

    /** The connector counts within its incarnation; the first report after our own start counts from there. */
    private void reconnected(Change.ConnectorReported reported) {
        ConnectorSync now = reported.sync();
        ConnectorSync before = lastOfConnector.put(reported.connector(), now);
        if (before == null) {
            return;
        }
        boolean same = before.incarnation() == now.incarnation();
        reconnected("dial_failed", now.dialFailures() - (same ? before.dialFailures() : 0));
        reconnected("remote_close", now.remoteCloses() - (same ? before.remoteCloses() : 0));
    }

    private void reconnected(String reason, long more) {
        reconnects(reason).increment((double) Math.max(0, more));
    }

    private Gauges gauges(State state, long now) {
        List<Peer.Executor> present = state.executors().stream()
                .filter(executor -> executor.isPresent(now, limits.times().lease()))
                .toList();
        boolean connected = state.connectors().stream()
                .anyMatch(connector -> connector.isPresent(now, limits.times().lease())
                        && connector.last().connected());
        long oldest =
                state.queue().stream().mapToLong(Execution::acceptedAt).min().orElse(now);
        return new Gauges(
                connected,
                state.activeCount(),
                state.active().stream()
                        .filter(execution -> execution.life() instanceof Life.Running running && running.stalled())
                        .count(),
                present.stream().mapToInt(Peer.Executor::slots).sum(),
                present.size(),
                state.executors().stream()
                        .filter(executor -> !present.contains(executor)
                                && !state.activeOn(executor.id()).isEmpty())
                        .count(),
                state.queue().size(),
                (double) Math.max(0, now - oldest) / 1_000,
                state.outbox().size());
    }

    private static Duration[] bounds(long unitMillis, long... bounds) {
        return Arrays.stream(bounds)
                .mapToObj(bound -> Duration.ofMillis(bound * unitMillis))
                .toArray(Duration[]::new);
    }

    private Counter attempts() {
        return described("slipway_task_attempts", "Launches, each one an attempt to start a task");
    }

    private Counter retries() {
        return described("slipway_task_retries", "Attempts that did not start and are followed by another one");
    }

    private Counter givenUp() {
        return described(
                "slipway_tasks_given_up", "Tasks that failed because their executor stayed away for lost_after");
    }

    private Counter givenBack() {
        return described(
                "slipway_assignments_given_back",
                "Assignments that are the control plane's again, because the connector that took them ended too soon");
    }

    private Counter described(String name, String description) {
        return Counter.builder(name).description(description).register(registry);
    }

    private Counter claimed() {
        return counter("oz_worker_tasks_claimed", Tags.empty());
    }

    private void rejectedAtCapacity(int times) {
        counter("oz_worker_tasks_rejected", Tags.of("reason", "at_capacity")).increment(times);
    }

    private Counter completed(String result) {
        return counter("oz_worker_tasks_completed", Tags.of("result", result));
    }

    private Counter failed(String phase, FailureReason reason) {
        return counter("oz_worker_task_failures", Tags.of("phase", phase, "reason", reason.wireName()));
    }

    private Counter reconnects(String reason) {
        return counter("oz_worker_websocket_reconnects", Tags.of("reason", reason));
    }

    /** The registry adds the unit to the name. */
    private Timer duration(String result) {
        return Timer.builder("oz_worker_task_duration")
                .description("From launch to end")
                .tags("result", result)
                .serviceLevelObjectives(DURATION_BOUNDS)
                .register(registry);
    }

    private Counter counter(String name, Tags tags) {
        return registry.counter(name, tags);
    }

    private void gauge(String name, String description, ToDoubleFunction<Gauges> value) {
        Gauge.builder(name, this, self -> value.applyAsDouble(self.gauges))
                .description(description)
                .register(registry);
    }
}
