package dev.slipway.simulation;

import static dev.slipway.simulation.Rules.require;

import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.core.Decider;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Life;
import dev.slipway.dispatcher.core.Limits;
import dev.slipway.dispatcher.core.Message;
import dev.slipway.dispatcher.core.Peer;
import dev.slipway.dispatcher.core.Preparation;
import dev.slipway.dispatcher.core.Reply;
import dev.slipway.dispatcher.core.Source;
import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.Outcome;
import dev.slipway.protocol.Preparing;
import dev.slipway.protocol.StopCause;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;

/** What must hold of every change at the moment in which it is committed. */
final class LedgerRules {
    /** Between a decision and its commit, at most. */
    private static final long COMMIT_DELAY = 10;

    /** Between two records of how far one phase of a preparation is. */
    private static final long LEAST_BETWEEN_NUMBERS = 5_000;

    private final World world;
    private final Limits limits;
    private final Map<String, Setup.Seat> seats = new HashMap<>();
    private FakeLedger ledger;
    private final ControlPlaneRules plane;
    private final SessionRules session;
    private final Map<RunId, String> launchedOn = new HashMap<>();
    /** Executions and tasks of which a cancellation was asked, and when it last was. */
    private final Map<String, Long> cancelAskedAt = new HashMap<>();
    /** Executions of which somebody was told that they are cancelled. */
    private final Set<String> cancelPromised = new HashSet<>();

    /** Executors and when each was last heard of, by a report that was new. */
    private final Map<String, Long> heardAt = new HashMap<>();

    private final Map<String, Long> incarnations = new HashMap<>();
    private final Map<String, Long> seqs = new HashMap<>();
    private final Map<String, Long> leaveAskedAt = new HashMap<>();

    /** Whether the executor's latest report said that it shuts down. */
    private final Map<String, Boolean> leaving = new HashMap<>();

    /** What the executor's latest report named as the reason why it can start nothing. */
    private final Map<String, String> obstacles = new HashMap<>();

    /** What was asked for with each execution, by the id under which it was submitted. */
    private final Map<String, OptionalLong> timeouts = new HashMap<>();

    /** Runs that were given up with their executor. */
    private final Set<RunId> givenUp = new HashSet<>();

    /** Messages as they were when a copy was made; what the ledger did with them since is lost. */
    private final Set<Long> backAgain = new HashSet<>();

    private long lastNumber;
    private long shutdownAskedAt = Long.MIN_VALUE;
    private long shutDownUntil;

    /** Executions that were forgotten because their assignment was rejected, or may have been. */
    private final Set<String> declined = new HashSet<>();

    /** Executions whose claim was taken back, because the connector that alone might have written it is gone. */
    private final Set<String> givenBack = new HashSet<>();
    /** Executions of whose result a message left because its receipt was proved. */
    private final Set<String> resultsProven = new HashSet<>();

    LedgerRules(World world, Setup setup, FakeLedger ledger, ControlPlaneRules plane) {
        this.world = world;
        this.limits = setup.limits();
        this.ledger = ledger;
        this.plane = plane;
        this.session = new SessionRules(world, limits.times().lease(), ledger);
        setup.executors().forEach(seat -> seats.put(seat.id(), seat));
    }

    Optional<String> launchedOn(RunId run) {
        return Optional.ofNullable(launchedOn.get(run));
    }

    Map<RunId, String> launches() {
        return Collections.unmodifiableMap(launchedOn);
    }

    boolean cannotKnow(String executor, long incarnation) {
        return session.cannotKnow(executor, incarnation);
    }

    /** What only the ledger before knew is lost. */
    void replaced(FakeLedger other) {
        other.outbox().stream()
                .filter(message -> !ledger.message(message.id()).equals(Optional.of(message)))
                .forEach(message -> backAgain.add(message.id()));
        cancelPromised.removeIf(
                id -> other.execution(id).filter(LedgerRules::isCancelled).isEmpty());
        resultsProven.removeIf(id -> other.execution(id).map(Execution::isOpen).orElse(true));
        givenUp.removeIf(run -> Optional.ofNullable(launchedOn.get(run))
                .filter(executor -> other.isCurrent(new Seated(executor, run)))
                .isPresent());
        plane.replaced(ledger, other, backAgain);
        ledger = other;
    }

    private RunId run(Execution row) {
        return new RunId(ledger.id(), row.key());
    }

    void asks(Event event) {
        session.asks(event);
        switch (event) {
            case Event.CancelTask cancel -> cancelAskedAt.put(cancel.taskId(), world.now());
            case Event.CancelExecution cancel -> cancelAskedAt.put(cancel.executionId(), world.now());
            case Event.ShutDown _ -> shutdownAskedAt = world.now();
            case Event.ExecutorReport(String executor, ExecutorSync sync) -> hears(executor, sync);
            case Event.Submit submit -> timeouts.put(submit.executionId(), submit.timeoutMillis());
            default -> {}
        }
    }

    private void hears(String executor, ExecutorSync sync) {
        long incarnation = incarnations.getOrDefault(executor, 0L);
        if (sync.incarnation() > incarnation
                || (sync.incarnation() == incarnation && sync.seq() > seqs.getOrDefault(executor, 0L))) {
            incarnations.put(executor, sync.incarnation());
            seqs.put(executor, sync.seq());
            heardAt.put(executor, world.now());
            leaving.put(executor, sync.leaving());
            obstacles.put(executor, sync.obstacle());
            if (sync.leaving()) {
                leaveAskedAt.put(executor, world.now());
            }
        }
    }

    /** A run that nobody looks after any more: its executor is lost. */
    boolean isGivenUp(RunId run) {
        return givenUp.contains(run);
    }

    /** The dispatcher knows only what is in its rows: that it was being shut down is not. */
    void dispatcherForgets() {
        shutDownUntil = 0;
        obstacles.clear();
        session.begins(ledger);
    }

    void told(Event event, Reply reply) {
        switch (reply) {
            case Reply.Queued(Execution execution) -> durable(execution.id(), _ -> true, "the acceptance");
            case Reply.Known known -> durable(known.executionId(), _ -> true, "the acceptance");
            case Reply.Cancelled(List<String> ids) -> {
                for (String id : ids) {
                    durable(id, LedgerRules::isCancelled, "the cancellation");
                    if (ledger.execution(id).isPresent()) {
                        cancelPromised.add(id);
                    }
                }
            }
            case Reply.AtCapacity() -> world.met(Happening.REJECTED_AT_CAPACITY);
            case Reply.Done(), Reply.Outdated(), Reply.Unknown(), Reply.IdTaken() -> {}
        }
        if (event instanceof Event.ShutDown) {
            shutDownUntil = shutdownAskedAt + Decider.SHUTDOWN_MILLIS;
        }
        if (event instanceof Event.Submit submit && !submit.named()) {
            world.met(Happening.UNNAMED_EXECUTION_ASSIGNED);
        }
    }

    private static boolean isCancelled(Execution execution) {
        return !execution.isOpen()
                || (execution.life() instanceof Life.Stopping stopping && stopping.cause() == StopCause.USER);
    }

    /** What was declined at the same time has been forgotten together with it. */
    private void durable(String id, Predicate<Execution> isStored, String what) {
        boolean isDurable = ledger.execution(id).map(isStored::test).orElseGet(() -> declined.contains(id));
        require(isDurable, "an answer means durable", what + " of " + id + " is not");
    }

    void transaction(List<Change.Durable> changes) {
        for (Change.Durable change : changes) {
            switch (change) {
                case Change.Accepted(Execution execution) -> accepted(execution);
                case Change.Claimed(String id) ->
                    require(
                            plane.isClaimWritten(id) || isTakenOver(id, changes),
                            "1: what counts as claimed was claimed",
                            "the claim of " + id + " was never written");
                case Change.Moved moved -> moved(moved);
                case Change.Stalled stalled -> stalled(stalled);
                case Change.Prepared prepared -> prepared(prepared);
                case Change.MessageAdded(Message message) -> added(message);
                case Change.ClaimHeld(long id) ->
                    require(
                            ledger.message(id)
                                    .filter(claim -> claim.claimant() > 0)
                                    .isPresent(),
                            "a claim is held once",
                            id + " is held again");
                case Change.MessageRemoved(long id) ->
                    removed(ledger.message(id).orElseThrow(), changes);
                case Change.ExecutorJoined joined ->
                    require(
                            ledger.executor(joined.executor())
                                    .filter(executor -> executor.incarnation() >= joined.incarnation())
                                    .isEmpty(),
                            "an older process never takes over",
                            joined.toString());
                case Change.ExecutorDrained _ -> {}
                case Change.Forgotten(String id) -> forgotten(id);
            }
            ledger.apply(change);
        }
        nothingIsUntold();
    }

    private void accepted(Execution execution) {
        plane.accepted(execution);
        world.rules().accepted(execution.id());
        isNew(execution.seq());
        require(
                ledger.execution(execution.id()).isEmpty(),
                "4: one outcome per execution",
                execution.id() + " is accepted again");
        OptionalLong asked = timeouts.getOrDefault(execution.requestedId(), OptionalLong.empty());
        require(
                execution
                        .timeoutMillis()
                        .equals(asked.isPresent() ? asked : limits.times().task()),
                "an execution has the timeout that was asked for, or else the default one",
                execution + " was submitted with " + asked);
        long waiting = ledger.executions().stream()
                .filter(other -> other.life() instanceof Life.Queued)
                .count();
        require(
                limits.maxConcurrent() <= 0
                        || waiting + ledger.activeCount() < limits.maxConcurrent() + limits.queueLimit(),
                "the queue is bounded",
                waiting + " wait when " + execution.id() + " is accepted");
    }

    private void isNew(long number) {
        require(number > lastNumber, "a number is never given twice", number + " comes after " + lastNumber);
        lastNumber = number;
    }

    private void moved(Change.Moved moved) {
        Execution row = ledger.execution(moved.executionId()).orElseThrow();
        isNew(moved.seq());
        require(row.life().equals(moved.from()), "a transition begins where the row is", moved + " of " + row);
        if (isTakenOver(row, moved)) {
            takenOver(row, moved);
            return;
        }
        require(
                moved.attempt() == row.attempt() + (moved.to() instanceof Life.Launching ? 1 : 0),
                "an attempt is a launch",
                moved + " of " + row);
        switch (moved.to()) {
            case Life.Queued queued -> triedAgain(row, queued);
            case Life.Launching launching -> {
                launched(row, launching.executor());
                launchedOn.put(
                        new RunId(ledger.id(), new ExecutionKey(row.id(), moved.attempt())), launching.executor());
            }
            case Life.Running running -> {
                boolean isTrue = agent(row, running.executor())
                        .filter(agent -> agent.startedAt() > 0)
                        .isPresent();
                require(isTrue, "running means that the agent started", moved.toString());
            }
            case Life.Stopping stopping -> stopping(row, stopping);
            case Life.Ended ended -> ended(row, ended, moved);
        }
    }

    private static boolean isTakenOver(Execution row, Change.Moved moved) {
        return moved.attempt() > row.attempt() && moved.actor().startsWith("executor:");
    }

    /** The ledger that it was claimed by was newer. */
    private boolean isTakenOver(String id, List<Change.Durable> changes) {
        Execution row = ledger.execution(id).orElseThrow();
        return changes.stream()
                .anyMatch(change -> change instanceof Change.Moved moved
                        && moved.executionId().equals(id)
                        && isTakenOver(row, moved));
    }

    /** Only a copy lacks attempts, and only of those that were made since. */
    private void takenOver(Execution row, Change.Moved moved) {
        String executor = moved.actor().substring("executor:".length());
        RunId run = new RunId(ledger.id(), new ExecutionKey(row.id(), moved.attempt()));
        require(
                row.isOpen()
                        && moved.to() instanceof Life.Active to
                        && to.executor().equals(executor)
                        && world.rules().isBeyondTheCopy(new Seated(executor, run)),
                "what is taken over was launched after the copy was made",
                moved + " of " + row);
        if (row.life() instanceof Life.Active before) {
            world.rules().givesWay(new Seated(before.executor(), run(row)));
        }
        world.met(Happening.RUN_TAKEN_OVER);
    }

    private Optional<FakeEngine.Agent> agent(Execution row, String executor) {
        return world.host(executor).engine().agent(run(row));
    }

    private void launched(Execution row, String executor) {
        require(
                row.life() instanceof Life.Queued queued && queued.notBefore() <= world.now(),
                "3: what is launched waits for that",
                row + " is launched");
        require(shutDownUntil <= world.now(), "during a shutdown nothing is launched", row + " is launched");
        require(
                row.claimed() && (row.source() == Source.API || plane.isClaimWritten(row.id())),
                "1: a launch comes after the claim",
                row + " is launched unclaimed");
        Setup.Seat seat = Objects.requireNonNull(seats.get(executor));
        require(
                !row.needsImage() || seat.backend().runsImages(),
                "an image runs where images run",
                row + " on " + executor);
        require(
                ledger.executor(executor).filter(Peer.Executor::drained).isEmpty(),
                "a drained executor gets nothing",
                row + " on " + executor);
        require(
                !leaving.getOrDefault(executor, false),
                "an executor that shuts down gets nothing",
                row + " on " + executor);
        require(
                obstacles.getOrDefault(executor, "").isEmpty(),
                "what can start nothing gets nothing",
                row + " on " + executor);
        String rule = "9: nothing is launched while a limit is reached";
        int used = ledger.activeOn(executor).size();
        require(seat.slots() <= 0 || used < seat.slots(), rule, row + " on " + executor + " with " + used);
        require(
                limits.maxConcurrent() <= 0 || ledger.activeCount() < limits.maxConcurrent(),
                rule,
                row + " beside " + ledger.activeCount());
        int limit = limits.perBackend().getOrDefault(seat.backend(), 0);
        long onBackend = seats.values().stream()
                .filter(other -> other.backend() == seat.backend())
                .mapToLong(other -> ledger.activeOn(other.id()).size())
                .sum();
        require(limit <= 0 || onBackend < limit, rule, row + " beside " + onBackend + " of its backend");
        if (seat.slots() > 0 && used + 1 == seat.slots()) {
            world.met(Happening.SLOTS_FULL);
        }
        if (limits.maxConcurrent() > 0 && ledger.activeCount() + 1 == limits.maxConcurrent()) {
            world.met(Happening.LIMIT_REACHED);
        }
        for (Execution other : ledger.executions()) {
            require(
                    !other.isOpen() || !other.taskId().equals(row.taskId()) || other.seq() >= row.seq(),
                    "a task's executions run one after the other",
                    row + " overtakes " + other);
            require(
                    !isBefore(other, row) || !couldRunOn(other, seat.backend()),
                    "the oldest of the highest priority comes first",
                    row + " overtakes " + other);
        }
    }

    /** A new attempt is made only of what can certainly never start any more. */
    private void triedAgain(Execution row, Life.Queued queued) {
        String rule = "3: what is tried again certainly never ran";
        if (!(row.life() instanceof Life.Launching launching)) {
            throw new Violation(rule, row + " is queued again");
        }
        boolean neverRan = agent(row, launching.executor())
                .flatMap(FakeEngine.Agent::ending)
                .filter(Ending.NotStarted.class::isInstance)
                .isPresent();
        require(neverRan, rule, row + " is queued again");
        require(row.attempt() < limits.retry().attempts(), "there is an end to trying again", row.toString());
        double least = 0.75
                * Math.min(limits.retry().delayMillis() * Math.pow(2, row.attempt() - 1.0), (double)
                        limits.retry().longestDelayMillis());
        require(
                queued.notBefore() - world.now() >= (long) least - COMMIT_DELAY,
                "trying again is not hammering",
                row + " already at " + queued.notBefore());
        world.met(Happening.TRIED_AGAIN);
        if (row.attempt() + 1 == limits.retry().attempts()) {
            world.met(Happening.TRIED_FOR_THE_LAST_TIME);
        }
    }

    private void stalled(Change.Stalled stalled) {
        isNew(stalled.seq());
        Execution row = ledger.execution(stalled.executionId()).orElseThrow();
        require(
                row.life() instanceof Life.Running running
                        && running.stalled() != stalled.stalled()
                        && row.attempt() == stalled.attempt()
                        && limits.times().silent().isPresent(),
                "only what runs is stalled, and no sign is given twice",
                stalled + " of " + row);
        world.met(Happening.STALLED);
    }

    private void prepared(Change.Prepared prepared) {
        isNew(prepared.seq());
        Execution row = ledger.execution(prepared.executionId()).orElseThrow();
        Preparation before = row.preparation();
        require(
                row.life() instanceof Life.Launching && row.attempt() == prepared.attempt(),
                "only what is being launched is prepared",
                prepared + " of " + row);
        require(
                !prepared.words().isEmpty() && !prepared.words().equals(before.words()),
                "a preparation is recorded when it has changed",
                prepared + " of " + row);
        boolean isSamePhase = Preparing.phase(prepared.words()).equals(Preparing.phase(before.words()));
        require(
                before.recorded() < Preparation.MAX_RECORDED
                        && (!isSamePhase || prepared.at() - before.at() >= LEAST_BETWEEN_NUMBERS),
                "there is an end to what is recorded of a preparation",
                prepared + " of " + row);
        world.met(isSamePhase ? Happening.PREPARATION_WENT_ON : Happening.PREPARATION_BEGAN_A_PHASE);
    }

    private static boolean isBefore(Execution other, Execution row) {
        return other.priority() > row.priority() || (other.priority() == row.priority() && other.seq() < row.seq());
    }

    private boolean couldRunOn(Execution execution, BackendKind backend) {
        return execution.life() instanceof Life.Queued queued
                && queued.notBefore() <= world.now() - COMMIT_DELAY
                && execution.claimed()
                && !session.mayHold(execution)
                && (!execution.needsImage() || backend.runsImages())
                && ledger.executions().stream()
                        .noneMatch(other -> other.isOpen()
                                && other.taskId().equals(execution.taskId())
                                && other.seq() < execution.seq());
    }

    private void stopping(Execution row, Life.Stopping stopping) {
        if (row.life() instanceof Life.Stopping before && before.cause() == stopping.cause()) {
            return; // only its start became known
        }
        boolean isWanted = switch (stopping.cause()) {
            case USER -> isCancelAsked(row);
            case TIMEOUT ->
                row.life() instanceof Life.Running running
                        && row.timeoutMillis().isPresent()
                        && world.now() - running.startedAt()
                                >= row.timeoutMillis().getAsLong();
            case SHUTDOWN ->
                row.life() instanceof Life.Active life
                        && Math.max(shutdownAskedAt, leaveAskedAt.getOrDefault(life.executor(), 0L))
                                >= life.launchedAt();
        };
        require(isWanted, "7: a run is stopped for a reason", row + " is stopped for " + stopping.cause());
        switch (row.life()) {
            case Life.Launching _ -> world.met(Happening.CANCELLED_WHILE_LAUNCHING);
            case Life.Running _ when stopping.cause() == StopCause.USER -> world.met(Happening.CANCELLED_WHILE_RUNNING);
            default -> {}
        }
    }

    private boolean isCancelAsked(Execution row) {
        return cancelAskedAt.containsKey(row.id()) || cancelAskedAt.getOrDefault(row.taskId(), 0L) >= row.acceptedAt();
    }

    private void ended(Execution row, Life.Ended ended, Change.Moved moved) {
        Outcome outcome = moved.outcome().orElseThrow();
        require(row.isOpen(), "4: one outcome per execution", row + " ends again: " + outcome);
        require(Truth.isShown(outcome, ended), "the row shows the outcome", moved.toString());
        Outcome truth = switch (row.life()) {
            case Life.Active life when moved.actor().equals("dispatcher") -> lost(row, life);
            case Life.Active life -> truth(row, life);
            case Life.Queued queued
            when outcome instanceof Outcome.Failed -> {
                long waited = world.now() - Math.max(row.acceptedAt(), queued.notBefore());
                require(
                        limits.times().queued().isPresent()
                                && waited >= limits.times().queued().getAsLong(),
                        "what expires in the queue has waited for long",
                        moved.toString());
                world.met(Happening.EXPIRED_IN_THE_QUEUE);
                yield Cause.QUEUE_EXPIRED.failed("", OptionalInt.empty());
            }
            default -> {
                require(isCancelAsked(row), "4: what never ran ends by a cancel", moved.toString());
                world.met(Happening.CANCELLED_WHILE_QUEUED);
                yield new Outcome.Cancelled();
            }
        };
        require(
                Truth.isTold(truth, outcome) || isGone(row, outcome),
                "4: the outcome is what truly happened",
                row + " ended with " + outcome + ", in truth with " + truth);
        require(
                !cancelPromised.contains(row.id()) || !(outcome instanceof Outcome.Failed),
                "4: what was cancelled does not fail",
                row + " ended with " + outcome);
        plane.ended(row.id(), outcome);
    }

    /** Whether its executor cannot know it any more, because it was told that somebody does, who is lost. */
    private boolean isGone(Execution row, Outcome outcome) {
        return row.life() instanceof Life.Running
                && world.rules().isAcknowledgedInThePast(run(row))
                && Truth.isTold(Cause.EVIDENCE_GONE.failed("", OptionalInt.empty()), outcome);
    }

    /** Nobody can know how it ended, or whether it has. */
    private Outcome lost(Execution row, Life.Active life) {
        long away = world.now() - heardAt.getOrDefault(life.executor(), 0L);
        require(
                limits.times().lost().isPresent()
                        && away >= limits.times().lost().getAsLong() - COMMIT_DELAY,
                "an executor is lost after it was away for long",
                row + " is given up, and " + life.executor() + " was heard of " + away + " ms ago");
        world.met(Happening.EXECUTOR_LOST);
        givenUp.add(run(row));
        return Truth.of(Cause.EXECUTOR_LOST.lost(""), life);
    }

    private Outcome truth(Execution row, Life.Active life) {
        Ending ending = agent(row, life.executor())
                .flatMap(FakeEngine.Agent::ending)
                .orElseThrow(() ->
                        new Violation("8: a slot is free when nothing is left", row + " ends while it is not gone"));
        Outcome truth = Truth.of(ending, life);
        if (life instanceof Life.Stopping stopping) {
            if (truth instanceof Outcome.Succeeded) {
                world.met(Happening.SUCCESS_BEAT_STOP);
            } else if (stopping.cause() == StopCause.TIMEOUT) {
                world.met(Happening.TIMED_OUT);
            } else if (stopping.cause() == StopCause.SHUTDOWN) {
                world.met(Happening.STOPPED_BY_SHUTDOWN);
            }
        }
        return truth;
    }

    private void added(Message message) {
        isNew(message.id());
        Execution row = ledger.execution(message.executionId()).orElseThrow();
        require(
                row.source() == Source.CONTROL_PLANE && row.taskId().equals(message.taskId()),
                "the control plane hears of its own",
                message + " of " + row);
        require(
                message.kind() == Message.Kind.CLAIM || !row.isOpen(),
                "4: a result comes after the outcome",
                message + " of " + row);
        plane.committed(message);
    }

    private void removed(Message message, List<Change.Durable> transaction) {
        if (plane.isProven(message.id())) {
            if (backAgain.contains(message.id()) && transaction.contains(new Change.Forgotten(message.executionId()))) {
                // What proved it is lost too.
                isGivenBack(message, ledger.execution(message.executionId()).orElseThrow());
            }
            if (message.kind() == Message.Kind.RESULT) {
                resultsProven.add(message.executionId());
            }
            return;
        }
        Execution row = ledger.execution(message.executionId()).orElseThrow();
        // What was never launched is declined whole; of what was, only the claim.
        boolean isDeclined = (isGivenBack(message, row) || plane.isRejected(row))
                && (row.attempt() == 0
                        ? transaction.contains(new Change.Forgotten(row.id()))
                        : message.kind() == Message.Kind.CLAIM);
        boolean isSuperseded = message.kind() == Message.Kind.RESULT && isSupersededByNewer(row);
        boolean isReplaced = transaction.stream()
                .anyMatch(change -> change instanceof Change.MessageAdded(Message other)
                        && other.kind() == message.kind()
                        && other.executionId().equals(message.executionId())
                        && other.id() > message.id());
        require(
                isDeclined || isSuperseded || isReplaced,
                "6: a message leaves when a pong proved its receipt",
                message + " leaves");
        if (isDeclined && row.attempt() > 0) {
            plane.claimTakenBack(row.id());
        }
        if (isSuperseded) {
            world.met(Happening.RESULT_SUPERSEDED);
            plane.superseded(message.executionId());
        }
    }

    /** Whether it is certain that nobody has written this claim, because the only one that might have is gone. */
    private boolean isGivenBack(Message message, Execution row) {
        boolean isItsClaim = message.claimant() > 0
                && message.claimant() < world.connector().incarnation()
                && (!plane.isWritten(message.id()) || backAgain.contains(message.id()));
        if (isItsClaim && row.attempt() == 0) {
            givenBack.add(row.id());
            world.met(plane.isRejected(row) ? Happening.REJECTION_OUTLIVED_ITS_CONNECTOR : Happening.CLAIM_GIVEN_BACK);
        }
        return isItsClaim || givenBack.contains(row.id());
    }

    /** Whether there is a newer execution of the task that will never be declined: it was launched, or its end is known. */
    private boolean isSupersededByNewer(Execution row) {
        return ledger.executions().stream()
                .anyMatch(other -> other.source() == Source.CONTROL_PLANE
                        && other.taskId().equals(row.taskId())
                        && other.seq() > row.seq()
                        && (other.attempt() > 0
                                || (!other.isOpen()
                                        && ledger.outbox().stream()
                                                .noneMatch(message -> message.kind() == Message.Kind.RESULT
                                                        && message.executionId().equals(other.id())))));
    }

    /** What the control plane must still be told is in the outbox, whatever the transaction changed. */
    private void nothingIsUntold() {
        Set<String> toTell = new HashSet<>();
        ledger.outbox().forEach(message -> toTell.add(message.kind() + " " + message.executionId()));
        for (Execution row : ledger.executions()) {
            if (row.source() != Source.CONTROL_PLANE) {
                continue;
            }
            if (row.isOpen()) {
                require(
                        row.claimed() || toTell.contains(Message.Kind.CLAIM + " " + row.id()),
                        "6: what is not claimed is about to be",
                        row.toString());
            } else if (!toTell.contains(Message.Kind.RESULT + " " + row.id()) && !resultsProven.contains(row.id())) {
                if (isSupersededByNewer(row)) {
                    plane.superseded(row.id());
                }
                require(plane.isSuperseded(row.id()), "6: what has ended is told until that is proved", row.toString());
            }
        }
    }

    private void forgotten(String id) {
        Execution row = ledger.execution(id).orElseThrow();
        require(
                ledger.outbox().stream()
                        .noneMatch(message -> message.executionId().equals(id)),
                "6: what is forgotten has nothing more to tell",
                row.toString());
        boolean isOver = row.life() instanceof Life.Ended ended
                && world.now() - ended.endedAt() > limits.times().retention();
        // It can be declined after its retention too: until then its claim is still to be told, and keeps it.
        boolean isDeclined = row.attempt() == 0 && (givenBack.remove(id) || plane.isRejected(row));
        require(isOver || isDeclined, "what is forgotten is over", row + " is forgotten");
        require(
                isDeclined
                        || ledger.executions().stream()
                                .noneMatch(other -> other.taskId().equals(row.taskId()) && other.seq() < row.seq()),
                "6: what supersedes is remembered as long as what it supersedes",
                row + " is forgotten");
        resultsProven.remove(id);
        if (isDeclined) {
            world.met(Happening.CLAIM_DECLINED);
            declined.add(id);
        }
        cancelPromised.remove(id);
        plane.forgotten(row, plane.isSuperseded(id) || isSupersededByNewer(row));
        world.rules().forgotten(id);
    }
}
