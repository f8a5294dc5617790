package dev.slipway.simulation;

import dev.slipway.connector.outbox.Notice;
import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Life;
import dev.slipway.dispatcher.core.Limits;
import dev.slipway.dispatcher.core.Peer;
import dev.slipway.dispatcher.core.Reply;
import dev.slipway.dispatcher.core.State;
import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.ExecutionKey;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The rules of the design, as far as they can be seen from outside the classes that must keep them: by comparing what is done
 * with what the ledger has committed, what the engines have truly done and what the control plane has truly received.
 */
final class Rules {
    private final World world;
    private final Limits limits;
    private final FakeLedger ledger;
    private final LedgerRules rows;
    private final ControlPlaneRules plane;
    private final Map<ExecutionKey, Integer> starts = new HashMap<>();
    private final Set<String> started = new HashSet<>();

    Rules(World world, Setup setup, FakeLedger ledger) {
        this.world = world;
        this.limits = setup.limits();
        this.ledger = ledger;
        this.plane = new ControlPlaneRules(world);
        this.rows = new LedgerRules(world, setup, ledger, plane);
    }

    static void require(boolean holds, String rule, String what) {
        if (!holds) {
            throw new Violation(rule, what);
        }
    }

    // --- the ledger

    /** A transaction succeeds. */
    void transaction(List<Change.Durable> changes) {
        rows.transaction(changes);
    }

    /** An event is about to be decided. */
    void asks(Event event) {
        rows.asks(event);
    }

    /** Somebody is told something. */
    void told(Event event, Reply reply) {
        rows.told(event, reply);
    }

    /** Memory and rows never drift apart. */
    void memoryEqualsRows(State live, State restored) {
        String rule = "memory and rows are the same";
        equal(rule, Set.copyOf(live.executions()), Set.copyOf(restored.executions()));
        equal(rule, List.copyOf(live.queue()), List.copyOf(restored.queue()));
        equal(rule, Set.copyOf(live.active()), Set.copyOf(restored.active()));
        equal(rule, List.copyOf(live.outbox()), List.copyOf(restored.outbox()));
        equal(rule, durable(live.executors()), durable(restored.executors()));
        for (Execution execution : live.executions()) {
            equal(rule, live.executionsOf(execution.taskId()), restored.executionsOf(execution.taskId()));
        }
    }

    private static List<String> durable(Collection<Peer.Executor> executors) {
        return executors.stream()
                .map(executor -> executor.id() + " " + executor.incarnation() + " " + executor.backend() + " "
                        + executor.drained())
                .toList();
    }

    private static void equal(String rule, Object live, Object restored) {
        require(live.equals(restored), rule, live + " is in memory, " + restored + " in the rows");
    }

    // --- executors and engines

    void dispatcherForgets() {
        rows.dispatcherForgets();
    }

    /** An executor is told to launch something. */
    void learnsOf(String executor, ExecutionKey key) {
        require(
                rows.launchedOn(key).equals(Optional.of(executor)),
                "2: an executor learns of launches that are committed for it",
                executor + " learns of " + key + ", which is committed for " + rows.launchedOn(key));
    }

    /** An agent begins to run. */
    void agentStarts(String executor, ExecutionKey key) {
        require(
                starts.merge(key, 1, Integer::sum) == 1 && started.add(key.execution()),
                "3: an agent starts at most once",
                key + " starts again on " + executor);
        require(
                rows.launchedOn(key).equals(Optional.of(executor)),
                "2: an agent starts where its launch was committed",
                key + " starts on " + executor);
    }

    /** An execution is forgotten: the same id stands for another one. */
    void forgotten(String id) {
        started.remove(id);
        starts.keySet().removeIf(key -> key.execution().equals(id));
    }

    /** An executor's engine is told to end a run. */
    void stops(String executor, ExecutionKey key) {
        if (rows.isGivenUp(key)) {
            world.met(Happening.LOST_EXECUTOR_CAME_BACK);
        }
        boolean isWanted = ledger.execution(key.execution())
                .map(execution -> execution.attempt() != key.attempt()
                        || !execution.isOpen()
                        || execution.life() instanceof Life.Stopping)
                .orElse(true);
        require(
                isWanted,
                "7: a run ends by itself or because its stop was decided",
                executor + " stops " + key + ", which nobody decided");
    }

    /** An executor's engine is told to delete evidence. */
    void forgets(String executor, ExecutionKey key) {
        boolean isRecorded = ledger.execution(key.execution())
                .map(execution -> !execution.isOpen()
                        || execution.attempt() != key.attempt()
                        || execution.life() instanceof Life.Queued)
                .orElse(true);
        require(
                isRecorded,
                "5: evidence is deleted after the outcome was recorded",
                executor + " deletes the evidence of " + key);
        boolean isGone = world.host(executor)
                .engine()
                .agent(key)
                .filter(FakeEngine.Agent::isLive)
                .isEmpty();
        require(isGone, "8: nothing is left of what is forgotten", executor + " forgets " + key + " while it runs");
    }

    // --- the control plane

    void assigned(Assignment assignment) {
        plane.assigned(assignment);
    }

    void handedOver(String connector, Assignment assignment) {
        plane.handedOver(connector, assignment);
    }

    void rejects(Assignment assignment) {
        plane.rejects(assignment);
    }

    void rejectsUnanswered(String connector, Assignment assignment) {
        plane.rejectsUnanswered(connector, assignment);
    }

    void takes(Assignment assignment) {
        plane.takes(assignment);
    }

    void writes(String connector, long id, Notice notice) {
        plane.writes(connector, id, notice);
    }

    void heard(Connection.Upward.Told told) {
        plane.heard(told);
    }

    boolean isOf(Connection.Upward.Told told, Assignment assignment) {
        return plane.isOf(told, assignment);
    }

    void ponged(Collection<Long> read) {
        plane.ponged(read);
    }

    // --- at any time

    /** What must hold after every step, whatever it was. */
    void afterStep() {
        int everywhere = 0;
        Map<BackendKind, Integer> perBackend = new HashMap<>();
        for (Host host : world.hosts()) {
            Setup.Seat seat = host.seat();
            // What was given up with its executor ends when that is back; until then nobody counts it.
            Collection<FakeEngine.Agent> live = host.engine().live().stream()
                    .filter(agent -> !rows.isGivenUp(agent.key()))
                    .toList();
            for (FakeEngine.Agent agent : live) {
                boolean holdsSlot = ledger.execution(agent.key().execution())
                        .filter(execution -> execution.attempt() == agent.key().attempt()
                                && execution.life() instanceof Life.Active life
                                && life.executor().equals(seat.id()))
                        .isPresent();
                require(holdsSlot, "8: a slot is held while anything is left", agent.key() + " lives without a slot");
            }
            require(
                    seat.slots() <= 0 || live.size() <= seat.slots(),
                    "9: an executor never has more runs than slots",
                    seat.id() + " has " + keys(live));
            everywhere += live.size();
            perBackend.merge(seat.backend(), live.size(), Integer::sum);
        }
        require(
                limits.maxConcurrent() <= 0 || everywhere <= limits.maxConcurrent(),
                "9: there are never more runs than the limit",
                everywhere + " runs");
        limits.perBackend()
                .forEach((backend, limit) -> require(
                        limit <= 0 || perBackend.getOrDefault(backend, 0) <= limit,
                        "9: a backend never has more runs than its limit",
                        perBackend.get(backend) + " runs on " + backend));
    }

    private static String keys(Collection<FakeEngine.Agent> agents) {
        return agents.stream().map(agent -> agent.key().toString()).collect(Collectors.joining(", "));
    }

    /** What has not come to its end; empty when everything has. */
    Optional<Violation> unrest() {
        return unfinished()
                .map(what -> new Violation("everything comes to its end when nothing fails any more", what))
                .or(() -> plane.unrest(ledger.executions()));
    }

    private Optional<String> unfinished() {
        List<Execution> open =
                ledger.executions().stream().filter(Execution::isOpen).toList();
        if (!open.isEmpty()) {
            return Optional.of("these have not ended: " + open);
        }
        if (!ledger.outbox().isEmpty()) {
            return Optional.of("these messages are not confirmed: " + ledger.outbox());
        }
        for (Host host : world.hosts()) {
            if (!host.isIdle()) {
                return Optional.of(host.seat().id() + " still has something of its runs");
            }
        }
        if (!world.connector().isIdle()) {
            return Optional.of(
                    "the connector still holds " + world.connector().outbox.report());
        }
        return Optional.empty();
    }

    /** Nothing has to be remembered any more. */
    void isEmpty() {
        require(
                ledger.executions().isEmpty(),
                "what has ended is forgotten after its retention",
                "these are not: " + ledger.executions());
        world.met(Happening.RETENTION_OVER);
    }
}
