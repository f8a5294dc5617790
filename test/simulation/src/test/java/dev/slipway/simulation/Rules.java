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
import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.SyncAnswer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The rules of the design, as far as they can be seen from outside the classes that must keep them: by comparing what is done
 * with what the ledger has committed, what the engines have truly done and what the control plane has truly received.
 *
 * <p>When the dispatcher is started on another ledger, what only the one before knew is lost. A run of another ledger must be
 * left alone by all but what that ledger decided. Of an older copy of the same ledger, every rule holds but this:
 *
 * <ul>
 *   <li>3: an execution may run again if its run's end was acknowledged by what is lost; if its executor could not be heard
 *       within a lease, was not known to the copy, or had an older process speak for it; or if it was accepted again as new.
 *   <li>4: an execution that was open in the copy ends again, maybe differently; if its end was acknowledged by what is lost, as
 *       one of which there is no trace. It is told again.
 *   <li>5, 7, 8 and 9: what was decided by what is lost may still be carried out, and what it launched is beyond the slots and
 *       limits of the copy.
 *   <li>1 and 6: what was accepted after the copy need not be answered; a claim that was taken back or declined after the copy
 *       may be made, and one that was written after it may be given back.
 * </ul>
 */
final class Rules {
    private final World world;
    private final Limits limits;
    private FakeLedger ledger;
    private final LedgerRules rows;
    private final ControlPlaneRules plane;
    private final PaceRules pace;
    private final Map<RunId, Integer> starts = new HashMap<>();
    /** The executions of each ledger of which an agent started. */
    private final Map<String, Set<String>> started = new HashMap<>();
    /** The ledgers before, as the dispatcher left them. */
    private final List<FakeLedger> past = new ArrayList<>();
    /** What ledgers launched that were replaced by a copy, and on which executor. */
    private final Map<RunId, String> launchedInThePast = new HashMap<>();
    /** What was launched before the ledger was replaced by a copy that shows otherwise. */
    private final Set<Seated> beyondTheCopy = new HashSet<>();
    /** Of these, those whose execution may run elsewhere, because nobody could know of them. */
    private final Set<Seated> excused = new HashSet<>();
    /** Runs of which a stop was decided: it is tried until nothing is left of them, whatever is decided meanwhile. */
    private final Set<Seated> stopping = new HashSet<>();
    /** The session in which the end of a run was last acknowledged. */
    private final Map<RunId, String> acknowledgedIn = new HashMap<>();

    Rules(World world, Setup setup, FakeLedger ledger) {
        this.world = world;
        this.limits = setup.limits();
        this.ledger = ledger;
        this.plane = new ControlPlaneRules(world);
        this.pace = new PaceRules(world);
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

    /** The dispatcher is about to be started on another ledger. */
    void replaced(FakeLedger other) {
        rows.launches().forEach((run, executor) -> {
            Seated seated = new Seated(executor, run);
            if (run.ledger().equals(other.id())) {
                launchedInThePast.put(run, executor);
                if (!other.isCurrent(seated)) {
                    beyondTheCopy.add(seated);
                }
            }
        });
        past.add(ledger);
        ledger = other;
        rows.replaced(other);
    }

    /** An executor deletes the evidence of a run next, because its end was acknowledged. */
    void acknowledged(RunId run, String session) {
        acknowledgedIn.put(run, session);
    }

    /** Whether a ledger that is lost knew how the run ended, and its executor need not know it any more. */
    boolean isAcknowledgedInThePast(RunId run) {
        return Optional.ofNullable(acknowledgedIn.get(run))
                .filter(session -> !ledger.wasReadFor(session))
                .isPresent();
    }

    boolean isBeyondTheCopy(Seated seated) {
        return beyondTheCopy.contains(seated);
    }

    /** A run gives way to a later one of the same execution, which a copy knew nothing of. */
    void givesWay(Seated seated) {
        beyondTheCopy.add(seated);
    }

    /** The dispatcher has decided that an executor is to launch something. */
    void handsOut(String executor, RunId run) {
        Map.copyOf(launchedInThePast).forEach((other, elsewhere) -> {
            Seated seated = new Seated(elsewhere, other);
            boolean isTheSame = seated.equals(new Seated(executor, run));
            if (!other.ledger().equals(run.ledger())
                    || !other.key().execution().equals(run.key().execution())
                    || excused.contains(seated)) {
                return;
            }
            if (isAcknowledgedInThePast(other)) {
                world.met(Happening.RUN_AGAIN_FROM_OLDER_COPY);
                acknowledgedIn.remove(other);
                launchedInThePast.remove(other);
                mayStartAgain(run);
            } else if (!isTheSame && mayRun(seated)) {
                FakeEngine engine = world.host(elsewhere).engine();
                if (rows.cannotKnow(elsewhere, engine.newest())) {
                    excused.add(seated);
                    mayStartAgain(run);
                } else {
                    require(
                            engine.agent(other).isEmpty(),
                            "3: what an executor has is not started by another",
                            run + " is handed to " + executor + ", and " + elsewhere + " has " + other);
                }
            }
        });
    }

    private boolean mayRun(Seated seated) {
        return world.host(seated.executor())
                .engine()
                .agent(seated.run())
                .flatMap(FakeEngine.Agent::ending)
                .filter(Ending.NotStarted.class::isInstance)
                .isEmpty();
    }

    private void mayStartAgain(RunId run) {
        startedOf(run.ledger()).remove(run.key().execution());
        starts.keySet()
                .removeIf(other -> other.ledger().equals(run.ledger())
                        && other.key().execution().equals(run.key().execution()));
    }

    /** An executor calls the dispatcher. */
    void syncs(ExecutorProcess executor) {
        pace.syncs(executor);
    }

    /** An executor's call is answered. */
    void answered(ExecutorSync sync, SyncAnswer answer) {
        if (!sync.obstacle().isEmpty()) {
            world.met(Happening.EXECUTOR_HINDERED);
            require(answer.launch().isEmpty(), "what can start nothing gets nothing", sync + " is answered " + answer);
        }
    }

    /** An executor is told to launch something. */
    void learnsOf(String executor, RunId run) {
        require(
                isLaunched(executor, run),
                "2: an executor learns of launches that are committed for it",
                executor + " learns of " + run + ", which is committed for " + rows.launchedOn(run));
    }

    private boolean isLaunched(String executor, RunId run) {
        return rows.launchedOn(run).equals(Optional.of(executor)) || isBeyondTheCopy(new Seated(executor, run));
    }

    /** An agent begins to run. */
    void agentStarts(String executor, RunId run) {
        require(
                isLaunched(executor, run),
                "2: an agent starts where its launch was committed",
                run + " starts on " + executor);
        if (excused.contains(new Seated(executor, run))) {
            return;
        }
        require(
                starts.merge(run, 1, Integer::sum) == 1
                        && startedOf(run.ledger()).add(run.key().execution()),
                "3: an agent starts at most once",
                run + " starts again on " + executor);
    }

    private Set<String> startedOf(String id) {
        return started.computeIfAbsent(id, _ -> new HashSet<>());
    }

    /** An execution is accepted. Of one that is lost nobody knows what became of it. */
    void accepted(String id) {
        Map.copyOf(launchedInThePast).forEach((run, executor) -> {
            if (run.ledger().equals(ledger.id()) && run.key().execution().equals(id)) {
                excused.add(new Seated(executor, run));
                mayStartAgain(run);
            }
        });
    }

    /** An execution is forgotten: the same id stands for another one. */
    void forgotten(String id) {
        startedOf(ledger.id()).remove(id);
        starts.keySet()
                .removeIf(run -> run.ledger().equals(ledger.id())
                        && run.key().execution().equals(id));
    }

    /** An executor's engine is told to end a run. */
    void stops(String executor, RunId run) {
        if (rows.isGivenUp(run)) {
            world.met(Happening.LOST_EXECUTOR_CAME_BACK);
        }
        Seated seated = new Seated(executor, run);
        Predicate<Execution> isWanted = execution ->
                !execution.isOpen() || execution.life() instanceof Life.Stopping || isNoMore(execution, executor, run);
        require(
                stopping.contains(seated) || isDecided(run, isWanted),
                "7: a run ends by itself or because its stop was decided",
                executor + " stops " + run + ", which nobody decided");
        stopping.add(seated);
    }

    /** Whether its own ledger says so: the present one, which drops what it does not know, or one that is lost. */
    private boolean isDecided(RunId run, Predicate<Execution> decided) {
        String id = run.key().execution();
        return (run.ledger().equals(ledger.id())
                        && ledger.execution(id).map(decided::test).orElse(true))
                || past.stream()
                        .filter(other -> other.id().equals(run.ledger()))
                        .anyMatch(other -> other.execution(id).filter(decided).isPresent());
    }

    /** Whether the execution was launched again since, or elsewhere. */
    private static boolean isNoMore(Execution execution, String executor, RunId run) {
        return execution.attempt() > run.key().attempt()
                || (execution.attempt() == run.key().attempt()
                        && execution.life() instanceof Life.Active life
                        && !life.executor().equals(executor));
    }

    /** An executor's engine is told to delete evidence. */
    void forgets(String executor, RunId run) {
        stopping.remove(new Seated(executor, run));
        Predicate<Execution> isRecorded = execution -> !execution.isOpen()
                || isNoMore(execution, executor, run)
                || (execution.attempt() == run.key().attempt() && execution.life() instanceof Life.Queued);
        require(
                isDecided(run, isRecorded) || isBeyondTheCopy(new Seated(executor, run)),
                "5: evidence is deleted after the outcome was recorded",
                executor + " deletes the evidence of " + run);
        boolean isGone = world.host(executor)
                .engine()
                .agent(run)
                .filter(FakeEngine.Agent::isLive)
                .isEmpty();
        require(isGone, "8: nothing is left of what is forgotten", executor + " forgets " + run + " while it runs");
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
            // Nobody counts what was given up with its executor, what a copy does not know, and what is another
            // ledger's.
            Collection<FakeEngine.Agent> live = host.engine().live().stream()
                    .filter(agent -> agent.run().ledger().equals(ledger.id()))
                    .filter(agent ->
                            !rows.isGivenUp(agent.run()) && !isBeyondTheCopy(new Seated(seat.id(), agent.run())))
                    .toList();
            for (FakeEngine.Agent agent : live) {
                require(
                        ledger.isCurrent(new Seated(seat.id(), agent.run())),
                        "8: a slot is held while anything is left",
                        agent.run() + " lives without a slot");
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
        return agents.stream().map(agent -> agent.run().toString()).collect(Collectors.joining(", "));
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
