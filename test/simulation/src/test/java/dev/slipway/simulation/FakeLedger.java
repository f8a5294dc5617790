package dev.slipway.simulation;

import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Life;
import dev.slipway.dispatcher.core.Message;
import dev.slipway.dispatcher.core.Peer;
import dev.slipway.dispatcher.core.Preparation;
import dev.slipway.dispatcher.core.State;
import dev.slipway.protocol.Outcome;
import dev.slipway.protocol.TaskSpec;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What committed changes have left: the rows of a ledger that loses nothing. It survives every dispatcher, unless it is replaced
 * by an older copy of itself or by an empty one.
 */
final class FakeLedger {
    private final String id;
    private final Set<String> sessions = new HashSet<>();
    private final Map<String, Execution> executions = new LinkedHashMap<>();
    private final Map<String, TaskSpec> payloads = new LinkedHashMap<>();
    private final Map<String, Outcome> outcomes = new LinkedHashMap<>();
    private final NavigableMap<Long, Message> outbox = new TreeMap<>();
    private final NavigableMap<String, Peer.Executor> executors = new TreeMap<>();
    private long lastSeq;

    /** @param id the ledger's UUID */
    FakeLedger(String id) {
        this.id = id;
    }

    String id() {
        return id;
    }

    FakeLedger copy() {
        FakeLedger copy = new FakeLedger(id);
        copy.executions.putAll(executions);
        copy.payloads.putAll(payloads);
        copy.outcomes.putAll(outcomes);
        copy.outbox.putAll(outbox);
        copy.executors.putAll(executors);
        copy.lastSeq = lastSeq;
        return copy;
    }

    /** Takes one change of a transaction that will succeed. */
    void apply(Change.Durable change) {
        switch (change) {
            case Change.Accepted(Execution execution) -> {
                executions.put(execution.id(), execution);
                lastSeq = execution.seq();
            }
            case Change.Claimed(String id) -> {
                Execution execution = known(id);
                executions.put(id, with(execution, true, execution.attempt(), execution.life()));
            }
            case Change.Moved moved -> {
                Execution execution = known(moved.executionId());
                executions.put(execution.id(), with(execution, execution.claimed(), moved.attempt(), moved.to()));
                moved.outcome().ifPresent(outcome -> outcomes.put(execution.id(), outcome));
                lastSeq = moved.seq();
            }
            case Change.Stalled stalled -> {
                Execution execution = known(stalled.executionId());
                if (execution.life() instanceof Life.Running running) {
                    Life life = new Life.Running(
                            running.executor(), running.launchedAt(), running.startedAt(), stalled.stalled());
                    executions.put(execution.id(), with(execution, execution.claimed(), execution.attempt(), life));
                }
                lastSeq = stalled.seq();
            }
            case Change.Prepared prepared -> {
                Execution execution = known(prepared.executionId());
                Preparation recorded =
                        new Preparation(execution.preparation().recorded() + 1, prepared.words(), prepared.at());
                executions.put(
                        execution.id(),
                        execution.with(execution.claimed(), execution.attempt(), execution.life(), recorded));
                lastSeq = prepared.seq();
            }
            case Change.MessageAdded(Message message) -> {
                outbox.put(message.id(), message);
                lastSeq = message.id();
            }
            case Change.ClaimHeld(long id) ->
                outbox.computeIfPresent(
                        id,
                        (_, claim) -> new Message(claim.id(), claim.executionId(), claim.taskId(), claim.kind(), 0));
            case Change.MessageRemoved(long id) -> outbox.remove(id);
            case Change.ExecutorJoined joined -> {
                boolean drained =
                        executor(joined.executor()).map(Peer.Executor::drained).orElse(false);
                put(joined.executor(), joined, drained);
            }
            case Change.ExecutorDrained(String id, boolean drained) ->
                executor(id)
                        .ifPresent(executor -> put(
                                id,
                                new Change.ExecutorJoined(id, executor.incarnation(), executor.backend()),
                                drained));
            case Change.Forgotten(String id) -> {
                executions.remove(id);
                payloads.remove(id);
                outcomes.remove(id);
            }
        }
    }

    void store(String executionId, TaskSpec payload) {
        payloads.put(executionId, payload);
    }

    State restore(String session) {
        sessions.add(session);
        return State.restore(id, session, lastSeq, executions.values(), outbox.values(), executors.values());
    }

    /** Whether a dispatcher read it for that session. */
    boolean wasReadFor(String session) {
        return sessions.contains(session);
    }

    /** Whether the run is the current launch of its execution, on that executor. */
    boolean isCurrent(Seated seated) {
        return seated.run().ledger().equals(id)
                && execution(seated.run().key().execution())
                        .filter(execution ->
                                execution.attempt() == seated.run().key().attempt()
                                        && execution.life() instanceof Life.Active life
                                        && life.executor().equals(seated.executor()))
                        .isPresent();
    }

    Optional<Execution> execution(String id) {
        return Optional.ofNullable(executions.get(id));
    }

    Collection<Execution> executions() {
        return Collections.unmodifiableCollection(executions.values());
    }

    List<Execution> activeOn(String executor) {
        return executions.values().stream()
                .filter(execution -> execution.life() instanceof Life.Active life
                        && life.executor().equals(executor))
                .toList();
    }

    long activeCount() {
        return executions.values().stream()
                .filter(execution -> execution.life() instanceof Life.Active)
                .count();
    }

    Optional<TaskSpec> payload(String executionId) {
        return Optional.ofNullable(payloads.get(executionId));
    }

    Optional<Outcome> outcome(String executionId) {
        return Optional.ofNullable(outcomes.get(executionId));
    }

    Collection<Message> outbox() {
        return Collections.unmodifiableCollection(outbox.values());
    }

    Optional<Message> message(long id) {
        return Optional.ofNullable(outbox.get(id));
    }

    Collection<Peer.Executor> executors() {
        return Collections.unmodifiableCollection(executors.values());
    }

    Optional<Peer.Executor> executor(String id) {
        return Optional.ofNullable(executors.get(id));
    }

    long lastSeq() {
        return lastSeq;
    }

    private Execution known(String id) {
        return execution(id)
                .orElseThrow(() -> new Violation("a change concerns a row that exists", "there is no row of " + id));
    }

    private void put(String id, Change.ExecutorJoined joined, boolean drained) {
        executors.put(
                id,
                new Peer.Executor(
                        id,
                        joined.incarnation(),
                        joined.backend(),
                        drained,
                        Optional.empty(),
                        Map.of(),
                        List.of(),
                        false,
                        0));
    }

    private static Execution with(Execution execution, boolean claimed, int attempt, Life life) {
        return execution.with(
                claimed, attempt, life, life instanceof Life.Ended ? Preparation.NONE : execution.preparation());
    }
}
