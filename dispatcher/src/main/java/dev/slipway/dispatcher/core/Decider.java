package dev.slipway.dispatcher.core;

import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.Outcome;
import dev.slipway.protocol.StopCause;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Decides what an event means for the tasks. It advances the state it is given as it goes; should the changes it returns not
 * become durable, that state is worthless and has to be restored.
 *
 * <p>After the events of a batch comes one {@link #settle}: it hands out work and answers the calls that are held.
 */
public final class Decider {
    /** A tick this much later than the one before it means that the loop, and not the others, was away. */
    static final long LATE_TICK_MILLIS = 5_000;

    /** How long nothing is launched after a shutdown was asked for the last time: whoever asked may have gone away. */
    public static final long SHUTDOWN_MILLIS = 30_000;

    /** The most messages that a connector is given to hold. */
    static final int MAX_HELD_MESSAGES = 256;

    /** The most executions forgotten in one tick. */
    private static final int MAX_FORGOTTEN = 100;

    /** The actor of what nobody else caused. */
    public static final String SELF = "dispatcher";

    private final State state;
    private final Limits limits;
    private final TimeLimits timeLimits;
    private List<Change> changes = new ArrayList<>();
    private List<Answer> answers = new ArrayList<>();

    public Decider(State state, Limits limits) {
        this.state = state;
        this.limits = limits;
        this.timeLimits = new TimeLimits(state, limits.times());
    }

    /** @param now milliseconds since the epoch */
    public Decision decide(Event event, long now) {
        Reply reply = switch (event) {
            case Event.Submit submit -> submit(submit, now);
            case Event.CancelTask(String taskId, String actor) -> {
                List<String> cancelled = state.executionsOf(taskId).stream()
                        .filter(Execution::isOpen)
                        .map(Execution::id)
                        .toList();
                cancelled.forEach(id -> cancel(id, actor, now));
                yield new Reply.Cancelled(cancelled);
            }
            case Event.CancelExecution(String id, String actor) ->
                state.execution(id)
                        .<Reply>map(execution -> {
                            if (!execution.isOpen()) {
                                return new Reply.Cancelled(List.of());
                            }
                            cancel(id, actor, now);
                            return new Reply.Cancelled(List.of(id));
                        })
                        .orElseGet(Reply.Unknown::new);
            case Event.ExecutorReport(String executor, ExecutorSync sync) -> report(executor, sync, now);
            case Event.ExecutorHoldOver over -> {
                state.executor(over.executor())
                        .filter(executor -> isWaiting(executor, over))
                        .ifPresent(executor -> answer(executor, now));
                yield new Reply.Done();
            }
            case Event.ConnectorReport report -> report(report, now);
            case Event.ConnectorHoldOver over -> {
                state.connector(over.connector())
                        .filter(connector -> connector.asking()
                                && connector.last().incarnation() == over.incarnation()
                                && connector.last().seq() == over.seq())
                        .ifPresent(this::answer);
                yield new Reply.Done();
            }
            case Event.Drain(String executor, boolean drained) -> {
                if (state.executor(executor).isEmpty()) {
                    yield new Reply.Unknown();
                }
                emit(new Change.ExecutorDrained(executor, drained));
                yield new Reply.Done();
            }
            case Event.ShutDown(String actor) -> {
                emit(new Change.ShutDown(now + SHUTDOWN_MILLIS));
                stopAll(state.active(), StopCause.SHUTDOWN, actor, now);
                yield new Reply.Done();
            }
            case Event.Tick() -> tick(now);
        };
        return decision(reply);
    }

    /** Hands out work to the executors that ask for it, and answers every held call there is something to say to. */
    public Decision settle(long now) {
        if (state.executors().stream().anyMatch(Peer.Executor::asking)) {
            for (Execution execution : List.copyOf(state.queue())) {
                if (!Admission.mayLaunch(state, limits)) {
                    break;
                }
                if (Order.isReady(state, limits, execution, now)) {
                    Router.pick(state, limits, execution).ifPresent(executor -> launch(execution, executor, now));
                }
            }
        }
        for (Peer.Executor executor : List.copyOf(state.executors())) {
            if (executor.asking() && !isEmpty(answerTo(executor, now))) {
                answer(executor, now);
            }
        }
        for (Peer.Connector connector : List.copyOf(state.connectors())) {
            if (connector.asking() && !isEmpty(answerTo(connector))) {
                answer(connector);
            }
        }
        return decision(new Reply.Done());
    }

    private Decision decision(Reply reply) {
        Decision decision = new Decision(List.copyOf(changes), reply, List.copyOf(answers));
        changes = new ArrayList<>();
        answers = new ArrayList<>();
        return decision;
    }

    private void emit(Change change) {
        state.apply(change);
        changes.add(change);
    }

    // --- tasks

    private Reply submit(Event.Submit submit, long now) {
        if (submit.connector() > 0 && submit.connector() < newestConnector()) {
            return new Reply.Outdated();
        }
        giveBackOfOlder(submit.connector());
        Optional<Execution> known = submit.named()
                ? state.execution(submit.executionId())
                : state.executionsOf(submit.taskId()).reversed().stream()
                        .filter(execution -> !execution.named())
                        .findFirst()
                        .filter(execution ->
                                execution.isOpen() || state.hasMessage(execution.id(), Message.Kind.RESULT));
        if (known.isPresent()) {
            Execution execution = known.get();
            if (execution.source() != submit.source()) {
                return new Reply.IdTaken();
            }
            if (execution.isOpen()) {
                announceAgain(execution, Message.Kind.CLAIM, isInDoubt(execution) ? submit.connector() : 0, now);
            } else {
                announceAgain(execution, Message.Kind.RESULT, 0, now);
            }
            return new Reply.Known(execution.id(), execution.isOpen());
        }
        if (!Admission.mayQueue(state, limits)) {
            return new Reply.AtCapacity();
        }
        long seq = state.nextSeq(now);
        Execution execution = new Execution(
                freeId(submit.executionId(), seq),
                submit.taskId(),
                seq,
                submit.source(),
                submit.named(),
                submit.priority(),
                submit.needsImage(),
                now,
                submit.timeoutMillis().isPresent()
                        ? submit.timeoutMillis()
                        : limits.times().task(),
                submit.source() == Source.API,
                0,
                new Life.Queued(0),
                Preparation.NONE);
        emit(new Change.Accepted(execution));
        announce(execution, Message.Kind.CLAIM, submit.connector(), now);
        return new Reply.Queued(execution);
    }

    /** Whether no connector is known to mean to claim it. */
    private boolean isInDoubt(Execution execution) {
        return state.outbox().stream()
                .anyMatch(message ->
                        message.claimant() > 0 && message.executionId().equals(execution.id()));
    }

    /** The latest incarnation of a connector that is known of; after a restart, only of those that may still claim something. */
    private long newestConnector() {
        return Stream.concat(
                        state.connectors().stream()
                                .map(connector -> connector.last().incarnation()),
                        state.outbox().stream().map(Message::claimant))
                .mapToLong(Long::longValue)
                .max()
                .orElse(0);
    }

    /** The wished id, or if an earlier execution that was not named has it, a longer or shorter one that no other has. */
    private String freeId(String wished, long seq) {
        if (state.execution(wished).isEmpty()) {
            return wished;
        }
        String numbered = wished + "~" + seq;
        return numbered.length() <= ExecutionKey.MAX_ID ? numbered : "~" + seq;
    }

    /** Has the control plane told, unless it need not be, is about to be, or a newer execution has superseded the result. */
    private void announce(Execution execution, Message.Kind kind, long claimant, long now) {
        if (execution.source() != Source.CONTROL_PLANE || state.hasMessage(execution.id(), kind)) {
            return;
        }
        boolean superseded = kind == Message.Kind.RESULT && newerThan(execution).anyMatch(this::supersedes);
        if (!superseded) {
            emit(new Change.MessageAdded(
                    new Message(state.nextSeq(now), execution.id(), execution.taskId(), kind, claimant)));
        }
    }

    /** The control plane's later executions of the same task. */
    private Stream<Execution> newerThan(Execution execution) {
        return state.executionsOf(execution.taskId()).stream()
                .filter(other -> other.seq() > execution.seq() && other.source() == Source.CONTROL_PLANE);
    }

    /** Whether it can not be declined and forgotten any more: it was launched, or the control plane knows how it ended. */
    private boolean supersedes(Execution execution) {
        return execution.attempt() > 0
                || (!execution.isOpen() && !state.hasMessage(execution.id(), Message.Kind.RESULT));
    }

    /** One that is being written may have gone out before the assignment that it is to answer came. */
    private void announceAgain(Execution execution, Message.Kind kind, long claimant, long now) {
        state.messagesOf(execution.id(), kind).forEach(id -> emit(new Change.MessageRemoved(id)));
        announce(execution, kind, claimant, now);
    }

    private void cancel(String id, String actor, long now) {
        Execution execution = state.execution(id).orElseThrow();
        switch (execution.life()) {
            case Life.Queued queued ->
                endQueued(execution, queued, new Outcome.Cancelled(), "cancelled while queued", actor, now);
            case Life.Active life -> stop(execution, life, StopCause.USER, actor, now);
            case Life.Ended _ -> {}
        }
    }

    private void endQueued(
            Execution execution, Life.Queued queued, Outcome outcome, String cause, String actor, long now) {
        move(execution, queued.toEnded(outcome, now), cause, actor, now, Optional.of(outcome));
        announce(execution, Message.Kind.RESULT, 0, now);
    }

    private void stopAll(List<Execution> executions, StopCause cause, String actor, long now) {
        for (Execution execution : executions) {
            if (execution.life() instanceof Life.Active life) {
                stop(execution, life, cause, actor, now);
            }
        }
    }

    private void stop(Execution execution, Life.Active life, StopCause cause, String actor, long now) {
        Life.Stopping to = switch (life) {
            case Life.Launching launching -> launching.toStopping(cause);
            case Life.Running running -> running.toStopping(cause);
            case Life.Stopping stopping -> cause == StopCause.USER ? stopping.becauseOfUser() : stopping;
        };
        if (!to.equals(life)) {
            move(execution, to, "stop: " + cause.wireName(), actor, now, Optional.empty());
        }
    }

    private void launch(Execution execution, Peer.Executor executor, long now) {
        if (execution.life() instanceof Life.Queued queued) {
            emit(new Change.Moved(
                    state.nextSeq(now),
                    execution.id(),
                    execution.attempt() + 1,
                    queued,
                    queued.toLaunching(executor.id(), now),
                    "handed to " + executor.id(),
                    SELF,
                    now,
                    Optional.empty()));
            supersedeOlderResults(execution);
        }
    }

    /** @param endedAt when its engine saw the end; with the executor or this dispatcher away, that was long before now */
    private void end(
            Execution execution,
            Life.Active life,
            Outcome outcome,
            long endedAt,
            String cause,
            String actor,
            long now) {
        long begun = Math.max(life.launchedAt(), life.startedAt());
        move(execution, life.toEnded(outcome, plausible(endedAt, begun, now)), cause, actor, now, Optional.of(outcome));
        announce(execution, Message.Kind.RESULT, 0, now);
    }

    private void move(Execution execution, Life to, String cause, String actor, long now, Optional<Outcome> outcome) {
        emit(new Change.Moved(
                state.nextSeq(now),
                execution.id(),
                execution.attempt(),
                execution.life(),
                to,
                cause,
                actor,
                now,
                outcome));
    }

    private Reply tick(long now) {
        long before = state.tickedAt();
        emit(new Change.Ticked(now, before != 0 && (now < before || now - before > LATE_TICK_MILLIS)));
        if (state.isShutDown() && now >= state.shutDownUntil()) {
            emit(new Change.ShutDown(0));
        }
        stopAll(timeLimits.timedOut(now), StopCause.TIMEOUT, SELF, now);
        limits.times().queued().ifPresent(limit -> expireQueued(limit, now));
        limits.times().lost().ifPresent(limit -> giveUpLost(limit, now));
        state.endedBefore(now - limits.times().retention()).stream()
                .filter(id -> !state.hasMessage(id, Message.Kind.RESULT) && !state.hasMessage(id, Message.Kind.CLAIM))
                .filter(this::isOldestOfItsTask)
                .limit(MAX_FORGOTTEN)
                .forEach(id -> emit(new Change.Forgotten(id)));
        return new Reply.Done();
    }

    private void expireQueued(long limit, long now) {
        for (Execution execution : timeLimits.expired(limit, now)) {
            if (execution.life() instanceof Life.Queued queued) {
                Outcome outcome = Cause.QUEUE_EXPIRED.failed(
                        "it waited in the queue for %d s without being started".formatted(limit / 1_000),
                        OptionalInt.empty());
                endQueued(execution, queued, outcome, "waited too long", SELF, now);
            }
        }
    }

    /** What still runs there is stopped when the executor is back. */
    private void giveUpLost(long limit, long now) {
        for (Execution execution : timeLimits.lost(limit, now)) {
            if (execution.life() instanceof Life.Active life) {
                Ending lost = Cause.EXECUTOR_LOST.lost(
                        "executor %s has been away for %d s".formatted(life.executor(), limit / 1_000));
                end(execution, life, Verdict.of(life, lost), now, "its executor is lost", SELF, now);
            }
        }
    }

    /** Until the older executions of its task are forgotten, it is what supersedes their results. */
    private boolean isOldestOfItsTask(String id) {
        String task = state.execution(id).orElseThrow().taskId();
        return state.executionsOf(task).getFirst().id().equals(id);
    }

    // --- executors

    private Reply report(String id, ExecutorSync sync, long now) {
        Optional<Peer.Executor> before = state.executor(id);
        if (before.filter(executor -> isOutdated(executor, sync)).isPresent()) {
            return new Reply.Outdated();
        }
        boolean isOfThisSession = sync.session().equals(state.session());
        boolean isNew = before.filter(executor -> executor.incarnation() == sync.incarnation())
                .isEmpty();
        if (isOfThisSession || isNew) {
            before.filter(Peer.Executor::asking).ifPresent(this::answerNothing);
        }
        if (isNew) {
            emit(new Change.ExecutorJoined(id, sync.incarnation(), sync.backend()));
        }
        if (!isOfThisSession) {
            emit(new Change.ExecutorHeard(id, now));
            answers.add(nothing(id, sync));
            return new Reply.Done();
        }
        String actor = "executor:" + id;
        sync.runs()
                .forEach(run -> TakeOver.of(state, id, run.key(), run.startedAtMillis(), actor, now)
                        .forEach(this::emit));
        sync.finished()
                .forEach(end -> TakeOver.of(state, id, end.key(), end.startedAtMillis(), actor, now)
                        .forEach(this::emit));
        for (ExecutorSync.Run run : sync.runs()) {
            if (run.started()) {
                started(id, run.key(), run.startedAtMillis(), actor, now);
                timeLimits.stall(id, run, now).ifPresent(this::emit);
            } else {
                prepares(id, run, actor, now);
            }
        }
        for (ExecutorSync.Finished finished : sync.finished()) {
            finish(id, finished, actor, now);
        }
        failWhatIsMissing(id, sync, actor, now);
        if (sync.leaving()) {
            stopAll(state.activeOn(id), StopCause.SHUTDOWN, actor, now);
        }
        emit(new Change.ExecutorReported(
                id,
                sync,
                sync.finished().stream().map(ExecutorSync.Finished::key).toList(),
                now));
        return new Reply.Done();
    }

    private static boolean isOutdated(Peer.Executor executor, ExecutorSync sync) {
        return sync.incarnation() < executor.incarnation()
                || (sync.incarnation() == executor.incarnation()
                        && executor.last()
                                .filter(last -> sync.seq() <= last.seq())
                                .isPresent());
    }

    private void started(String executor, ExecutionKey key, long startedAt, String actor, long now) {
        state.current(executor, key).ifPresent(execution -> {
            Life life = execution.life();
            Life told = switch (life) {
                case Life.Launching launching -> launching.toRunning(plausible(startedAt, launching.launchedAt(), now));
                case Life.Stopping stopping
                when stopping.startedAt() == 0 -> stopping.startedAt(plausible(startedAt, stopping.launchedAt(), now));
                default -> life;
            };
            if (!told.equals(life)) {
                move(execution, told, "the agent started", actor, now, Optional.empty());
            }
        });
    }

    private void prepares(String executor, ExecutorSync.Run run, String actor, long now) {
        state.current(executor, run.key())
                .filter(execution -> execution.life() instanceof Life.Launching
                        && execution.preparation().isNews(run.preparing(), now))
                .ifPresent(execution -> emit(new Change.Prepared(
                        state.nextSeq(now), execution.id(), execution.attempt(), run.preparing(), actor, now)));
    }

    /** The executor's clock may be off: whatever it says, a thing happens after what led to it and before it is heard of. */
    private static long plausible(long at, long after, long now) {
        return Math.max(after, Math.min(at, now));
    }

    private void finish(String executor, ExecutorSync.Finished finished, String actor, long now) {
        if (!(finished.ending() instanceof Ending.NotStarted) && finished.startedAtMillis() > 0) {
            started(executor, finished.key(), finished.startedAtMillis(), actor, now);
        }
        state.current(executor, finished.key()).ifPresent(execution -> {
            if (execution.life() instanceof Life.Launching launching
                    && limits.retry().mayRetry(finished.ending(), execution.attempt())) {
                retry(execution, launching, (Ending.NotStarted) finished.ending(), actor, now);
            } else if (execution.life() instanceof Life.Active life) {
                Outcome outcome = Verdict.of(life, afterAttempts(execution.attempt(), finished.ending()));
                end(execution, life, outcome, finished.endedAtMillis(), cause(finished.ending()), actor, now);
            }
        });
    }

    private void retry(Execution execution, Life.Launching launching, Ending.NotStarted never, String actor, long now) {
        long delay = limits.retry().delay(execution.id(), execution.attempt());
        move(
                execution,
                launching.toQueued(now + delay),
                "attempt %d did not start, the next one comes in %d s: %s"
                        .formatted(execution.attempt(), (delay + 999) / 1_000, never.message()),
                actor,
                now,
                Optional.empty());
    }

    private static Ending afterAttempts(int attempts, Ending ending) {
        return ending instanceof Ending.NotStarted never && attempts > 1
                ? new Ending.NotStarted(
                        never.reason(), "%s (attempt %d)".formatted(never.message(), attempts), never.isTransient())
                : ending;
    }

    private static String cause(Ending ending) {
        return switch (ending) {
            case Ending.Exited exited -> "the agent exited with " + exited.code();
            case Ending.NotStarted _ -> "the agent did not start";
            case Ending.Lost _ -> "the agent's end was not seen";
        };
    }

    /**
     * A running agent that its executor has nothing of cannot be found any more. What was only being launched is another
     * matter: the launch was not received, and is given again.
     */
    private void failWhatIsMissing(String id, ExecutorSync sync, String actor, long now) {
        Set<ExecutionKey> reported = new HashSet<>();
        sync.runs().forEach(run -> reported.add(run.key()));
        sync.finished().forEach(finished -> reported.add(finished.key()));
        for (Execution execution : state.activeOn(id)) {
            if (execution.life() instanceof Life.Running running && !reported.contains(execution.key())) {
                Outcome outcome = Cause.EVIDENCE_GONE.failed(
                        "executor " + id + " has no trace left of the running task", OptionalInt.empty());
                end(execution, running, outcome, now, "the executor has no trace of it", actor, now);
            }
        }
    }

    private static boolean isWaiting(Peer.Executor executor, Event.ExecutorHoldOver over) {
        return executor.asking()
                && executor.incarnation() == over.incarnation()
                && executor.last().filter(last -> last.seq() == over.seq()).isPresent();
    }

    private void answer(Peer.Executor executor, long now) {
        answers.add(answerTo(executor, now));
        emit(new Change.ExecutorAnswered(executor.id()));
    }

    private void answerNothing(Peer.Executor executor) {
        executor.last().ifPresent(last -> answers.add(nothing(executor.id(), last)));
        emit(new Change.ExecutorAnswered(executor.id()));
    }

    private static Answer.ToExecutor nothing(String executor, ExecutorSync sync) {
        return new Answer.ToExecutor(
                executor, sync.incarnation(), sync.seq(), List.of(), List.of(), List.of(), List.of());
    }

    private Answer.ToExecutor answerTo(Peer.Executor executor, long now) {
        List<ExecutionKey> launch = new ArrayList<>();
        List<ExecutionKey> stop = new ArrayList<>();
        for (Execution execution : state.activeOn(executor.id())) {
            ExecutorSync.Run run = executor.runs().get(execution.key());
            switch (execution.life()) {
                case Life.Launching _
                when run == null && executor.obstacle().isEmpty() && !Hold.isOn(state, limits, execution, now) ->
                    launch.add(execution.key());
                case Life.Stopping _ when run == null || !run.stopping() -> stop.add(execution.key());
                default -> {}
            }
        }
        List<ExecutionKey> drop = executor.runs().values().stream()
                .filter(run -> !run.stopping()
                        && state.current(executor.id(), run.key()).isEmpty())
                .map(ExecutorSync.Run::key)
                .toList();
        long seq = executor.last().map(ExecutorSync::seq).orElseThrow();
        return new Answer.ToExecutor(executor.id(), executor.incarnation(), seq, launch, stop, executor.ack(), drop);
    }

    private static boolean isEmpty(Answer.ToExecutor answer) {
        return Stream.of(answer.launch(), answer.stop(), answer.ack(), answer.drop())
                .allMatch(List::isEmpty);
    }

    // --- connectors

    private Reply report(Event.ConnectorReport report, long now) {
        Optional<Peer.Connector> before = state.connector(report.connector());
        boolean isOutdated =
                before.filter(connector -> isOutdated(connector, report)).isPresent();
        if (isOutdated || report.sync().incarnation() < newestConnector()) {
            return new Reply.Outdated();
        }
        before.filter(Peer.Connector::asking).ifPresent(connector -> {
            answers.add(new Answer.ToConnector(
                    connector.id(),
                    connector.last().incarnation(),
                    connector.last().seq(),
                    List.of(),
                    List.of()));
            emit(new Change.ConnectorAnswered(connector.id()));
        });
        boolean holdsMore = holdsMore(report, before);
        long incarnation = report.sync().incarnation();
        report.sync().holding().stream()
                .flatMap(id -> state.message(id).stream())
                .filter(message -> message.claimant() == incarnation)
                .toList()
                .forEach(claim -> emit(new Change.ClaimHeld(claim.id())));
        Stream.concat(report.sync().claimsWritten().stream(), report.sync().confirmed().stream())
                .flatMap(id -> state.message(id).stream())
                .filter(message -> message.kind() == Message.Kind.CLAIM)
                .toList()
                .forEach(this::claimed);
        report.sync().confirmed().stream()
                .distinct()
                .flatMap(id -> state.message(id).stream())
                .forEach(this::confirmed);
        report.sync().declined().stream()
                .distinct()
                .flatMap(id -> state.message(id).stream())
                .filter(message -> message.kind() == Message.Kind.CLAIM)
                .toList()
                .forEach(this::declined);
        giveBackOfOlder(incarnation);
        emit(new Change.ConnectorReported(report.connector(), report.sync(), now));
        boolean isNew = before.filter(connector -> connector.last().incarnation() == incarnation)
                .isEmpty();
        if (isNew || holdsMore) {
            // It takes no assignments until it knows that somebody is here, and writes no claim until it knows that it
            // is
            // known to hold it: these calls are not held.
            state.connector(report.connector()).ifPresent(this::answer);
        }
        return new Reply.Done();
    }

    /** Whether the connector names claims that its report before did not name. */
    private boolean holdsMore(Event.ConnectorReport report, Optional<Peer.Connector> before) {
        Set<Long> known =
                before.map(connector -> Set.copyOf(connector.last().holding())).orElse(Set.of());
        return report.sync().holding().stream()
                .filter(id -> !known.contains(id))
                .flatMap(id -> state.message(id).stream())
                .anyMatch(message -> message.kind() == Message.Kind.CLAIM);
    }

    private static boolean isOutdated(Peer.Connector connector, Event.ConnectorReport report) {
        long incarnation = report.sync().incarnation();
        long known = connector.last().incarnation();
        return incarnation < known
                || (incarnation == known
                        && report.sync().seq() <= connector.last().seq());
    }

    private void claimed(Message claim) {
        state.execution(claim.executionId())
                .filter(execution -> execution.isOpen() && !execution.claimed())
                .ifPresent(execution -> emit(new Change.Claimed(execution.id())));
    }

    private void confirmed(Message message) {
        emit(new Change.MessageRemoved(message.id()));
        if (message.kind() == Message.Kind.RESULT) {
            state.execution(message.executionId()).ifPresent(this::supersedeOlderResults);
        }
    }

    /**
     * The wire names only the task: an older result told now would end this execution, or contradict its result. It is dropped
     * only now: had this execution been declined instead, the older result would have been the task's.
     */
    private void supersedeOlderResults(Execution execution) {
        state.executionsOf(execution.taskId()).stream()
                .filter(older -> older.seq() < execution.seq())
                .flatMap(older -> state.messagesOf(older.id(), Message.Kind.RESULT).stream())
                .forEach(id -> emit(new Change.MessageRemoved(id)));
    }

    /** Whether there is a newer execution of the task, which supersedes the result in the end, or is declined. */
    private boolean isWithheld(Message message) {
        return message.kind() == Message.Kind.RESULT
                && newerThan(state.execution(message.executionId()).orElseThrow())
                        .findAny()
                        .isPresent();
    }

    /**
     * The control plane was told no and may have given the task to another worker: what was never launched must leave no
     * trace here. What was launched goes on, and its result is told; only the claim is dropped, or it would be declined for ever.
     */
    private void declined(Message claim) {
        boolean isLaunched = state.execution(claim.executionId())
                .filter(execution -> execution.attempt() > 0)
                .isPresent();
        if (isLaunched) {
            emit(new Change.MessageRemoved(claim.id()));
        } else {
            for (Message.Kind kind : Message.Kind.values()) {
                state.messagesOf(claim.executionId(), kind).forEach(id -> emit(new Change.MessageRemoved(id)));
            }
            emit(new Change.Forgotten(claim.executionId()));
        }
    }

    private void giveBackOfOlder(long connector) {
        state.outbox().stream()
                .filter(message -> 0 < message.claimant() && message.claimant() < connector)
                .toList()
                .forEach(this::giveBack);
    }

    /**
     * The connector that submitted it is gone, without a word on whether it had rejected it or would claim it. It has written
     * no claim of this assignment, so the control plane has been told no, or nothing: the task is still the control plane's.
     */
    private void giveBack(Message claim) {
        state.execution(claim.executionId())
                .filter(execution -> execution.attempt() == 0)
                .ifPresent(execution -> emit(new Change.GivenBack(execution.id(), execution.taskId())));
        declined(claim);
    }

    private void answer(Peer.Connector connector) {
        answers.add(answerTo(connector));
        emit(new Change.ConnectorAnswered(connector.id()));
    }

    private Answer.ToConnector answerTo(Peer.Connector connector) {
        Set<Long> holding = new HashSet<>(connector.last().holding());
        List<Message> messages = state.outbox().stream()
                .filter(message -> !holding.contains(message.id()) && !isWithheld(message))
                .filter(message -> message.claimant() == 0
                        || message.claimant() == connector.last().incarnation())
                .limit(Math.max(0, MAX_HELD_MESSAGES - holding.size()))
                .toList();
        List<Long> drop = holding.stream()
                .filter(id -> state.message(id)
                        .filter(message -> !isWithheld(message))
                        .isEmpty())
                .sorted()
                .toList();
        return new Answer.ToConnector(
                connector.id(), connector.last().incarnation(), connector.last().seq(), messages, drop);
    }

    private static boolean isEmpty(Answer.ToConnector answer) {
        return answer.messages().isEmpty() && answer.drop().isEmpty();
    }
}
