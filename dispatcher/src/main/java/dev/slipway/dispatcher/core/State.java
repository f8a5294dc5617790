package dev.slipway.dispatcher.core;

import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Everything the core remembers. It changes by {@link #apply} alone, so that rows and memory cannot drift apart; slots are
 * counted from the rows, never kept. Not thread-safe: one loop owns it.
 */
public final class State {
    /** Higher priority first, then in order of acceptance. */
    private static final Comparator<Execution> ORDER =
            Comparator.comparingInt(Execution::priority).reversed().thenComparingLong(Execution::seq);

    private final String ledger;
    private final String session;
    private final long restoredSeq;
    private final Map<String, Execution> executions = new HashMap<>();
    private final Map<String, NavigableMap<Long, String>> byTask = new HashMap<>();
    private final NavigableSet<Execution> queue = new TreeSet<>(ORDER);
    private final Map<String, Set<String>> active = new TreeMap<>();
    private final NavigableMap<Long, Set<String>> endedAt = new TreeMap<>();
    private final NavigableMap<Long, Message> outbox = new TreeMap<>();
    private final NavigableMap<String, Peer.Executor> executors = new TreeMap<>();
    private final NavigableMap<String, Peer.Connector> connectors = new TreeMap<>();
    private long lastSeq;
    private long tickedAt;
    private long regrantedAt;
    private long shutDownUntil;

    private State(String ledger, String session, long lastSeq) {
        this.ledger = ledger;
        this.session = session;
        this.restoredSeq = lastSeq;
        this.lastSeq = lastSeq;
    }

    /**
     * The state that the durable changes of the past have left.
     *
     * @param ledger the ledger's UUID
     * @param session new for every restoration
     * @param lastSeq the highest number that was given to an execution, transition or message
     */
    public static State restore(
            String ledger,
            String session,
            long lastSeq,
            Collection<Execution> executions,
            Collection<Message> outbox,
            Collection<Peer.Executor> executors) {
        State state = new State(ledger, session, lastSeq);
        executions.forEach(state::put);
        outbox.forEach(message -> state.outbox.put(message.id(), message));
        executors.forEach(executor -> state.executors.put(executor.id(), executor));
        return state;
    }

    public String ledger() {
        return ledger;
    }

    /** Names this restoration: what executors reported in another one is not read. */
    public String session() {
        return session;
    }

    public Optional<Execution> execution(String id) {
        return Optional.ofNullable(executions.get(id));
    }

    public Collection<Execution> executions() {
        return Collections.unmodifiableCollection(executions.values());
    }

    /** The task's executions, oldest first. */
    public List<Execution> executionsOf(String taskId) {
        return byTask.getOrDefault(taskId, Collections.emptyNavigableMap()).values().stream()
                .map(executions::get)
                .toList();
    }

    /** The queued executions in the order in which they are to be launched. */
    public NavigableSet<Execution> queue() {
        return Collections.unmodifiableNavigableSet(queue);
    }

    /** How many executions hold a slot. */
    public int activeCount() {
        return active.values().stream().mapToInt(Set::size).sum();
    }

    /** The executions that hold a slot of the executor, in no particular order. */
    public List<Execution> activeOn(String executor) {
        return active.getOrDefault(executor, Set.of()).stream()
                .map(executions::get)
                .toList();
    }

    /** The executions that hold a slot. */
    public List<Execution> active() {
        return active.values().stream()
                .flatMap(Set::stream)
                .map(executions::get)
                .toList();
    }

    /** Ended executions, those that ended first first. */
    Collection<String> endedBefore(long time) {
        return endedAt.headMap(time).values().stream().flatMap(Set::stream).toList();
    }

    /** The unconfirmed messages, oldest first. */
    public Collection<Message> outbox() {
        return Collections.unmodifiableCollection(outbox.values());
    }

    public Optional<Message> message(long id) {
        return Optional.ofNullable(outbox.get(id));
    }

    List<Long> messagesOf(String executionId, Message.Kind kind) {
        return outbox.values().stream()
                .filter(message -> message.executionId().equals(executionId) && message.kind() == kind)
                .map(Message::id)
                .toList();
    }

    boolean hasMessage(String executionId, Message.Kind kind) {
        return !messagesOf(executionId, kind).isEmpty();
    }

    public Collection<Peer.Executor> executors() {
        return Collections.unmodifiableCollection(executors.values());
    }

    public Optional<Peer.Executor> executor(String id) {
        return Optional.ofNullable(executors.get(id));
    }

    public Collection<Peer.Connector> connectors() {
        return Collections.unmodifiableCollection(connectors.values());
    }

    public Optional<Peer.Connector> connector(String id) {
        return Optional.ofNullable(connectors.get(id));
    }

    /** The execution that the key is the current launch of, if it holds a slot of that executor. */
    Optional<Execution> current(String executor, ExecutionKey key) {
        return execution(key.execution())
                .filter(execution -> execution.attempt() == key.attempt()
                        && execution.life() instanceof Life.Active life
                        && life.executor().equals(executor));
    }

    /** When the last tick came, milliseconds since the epoch; 0 before the first. */
    long tickedAt() {
        return tickedAt;
    }

    /** When every lease was last granted anew: at the first tick, and after every time in which the loop did not run. */
    long regrantedAt() {
        return regrantedAt;
    }

    /** Whether nothing is to be launched now. */
    public boolean isShutDown() {
        return shutDownUntil > 0;
    }

    /** When that ends unless it is asked for again, milliseconds since the epoch. */
    long shutDownUntil() {
        return shutDownUntil;
    }

    /** Whether it was accepted before this restoration: what became of it since, the ledger may not know if it is a copy. */
    boolean isRestored(Execution execution) {
        return execution.seq() <= restoredSeq;
    }

    /** The executors of which nothing has been read in this session. */
    List<String> unheard() {
        return executors.values().stream()
                .filter(executor -> executor.last().isEmpty())
                .map(Peer.Executor::id)
                .toList();
    }

    /** A number larger than any given before: tied to the clock, so that a restored older ledger does not give it twice. */
    long nextSeq(long now) {
        return Math.max(lastSeq + 1, now * 1_000);
    }

    /** Takes one step; the changes come from a {@link Decider} over this very state. */
    void apply(Change change) {
        switch (change) {
            case Change.Accepted(Execution execution) -> put(execution);
            case Change.Claimed(String id) -> put(known(id).asClaimed());
            case Change.Moved moved -> {
                lastSeq = Math.max(lastSeq, moved.seq());
                put(known(moved.executionId()).moved(moved.attempt(), moved.to()));
            }
            case Change.Stalled stalled -> {
                lastSeq = Math.max(lastSeq, stalled.seq());
                Execution execution = known(stalled.executionId());
                if (execution.life() instanceof Life.Running running) {
                    put(execution.moved(stalled.attempt(), running.stalled(stalled.stalled())));
                }
            }
            case Change.Prepared prepared -> {
                lastSeq = Math.max(lastSeq, prepared.seq());
                Execution execution = known(prepared.executionId());
                put(execution.prepared(execution.preparation().with(prepared.words(), prepared.at())));
            }
            case Change.ShutDown(long until) -> shutDownUntil = until;
            case Change.MessageAdded(Message message) -> {
                lastSeq = Math.max(lastSeq, message.id());
                outbox.put(message.id(), message);
            }
            case Change.ClaimHeld(long id) -> outbox.computeIfPresent(id, (_, claim) -> claim.held());
            case Change.MessageRemoved(long id) -> outbox.remove(id);
            case Change.ExecutorJoined joined ->
                executors.put(
                        joined.executor(),
                        new Peer.Executor(
                                joined.executor(),
                                joined.incarnation(),
                                joined.backend(),
                                executor(joined.executor())
                                        .map(Peer.Executor::drained)
                                        .orElse(false),
                                Optional.empty(),
                                Map.of(),
                                List.of(),
                                false,
                                0));
            case Change.ExecutorDrained(String id, boolean drained) ->
                executors.computeIfPresent(id, (_, executor) -> executor.withDrained(drained));
            case Change.Forgotten(String id) -> remove(known(id));
            case Change.GivenBack _ -> {}
            case Change.ExecutorReported(String id, ExecutorSync sync, List<ExecutionKey> ack, long at) ->
                executors.computeIfPresent(
                        id,
                        (_, e) -> new Peer.Executor(
                                id,
                                e.incarnation(),
                                e.backend(),
                                e.drained(),
                                Optional.of(sync),
                                sync.runs().stream()
                                        .collect(Collectors.toMap(ExecutorSync.Run::key, run -> run, (a, _) -> a)),
                                ack,
                                true,
                                at));
            case Change.ExecutorHeard(String id, long at) ->
                executors.computeIfPresent(id, (_, executor) -> executor.heard(at));
            case Change.ExecutorAnswered(String id) ->
                executors.computeIfPresent(id, (_, executor) -> executor.answered());
            case Change.ConnectorReported reported ->
                connectors.put(
                        reported.connector(),
                        new Peer.Connector(reported.connector(), reported.sync(), true, reported.at()));
            case Change.ConnectorAnswered(String id) ->
                connectors.computeIfPresent(id, (_, c) -> new Peer.Connector(id, c.last(), false, c.heardAt()));
            case Change.Ticked(long at, boolean regrant) -> {
                if (regrant || tickedAt == 0) {
                    regrantedAt = at;
                }
                tickedAt = at;
                if (regrant) {
                    executors.replaceAll((_, executor) -> executor.heard(at));
                    connectors.replaceAll((_, c) -> new Peer.Connector(c.id(), c.last(), c.asking(), at));
                }
            }
        }
    }

    private Execution known(String id) {
        Execution execution = executions.get(id);
        if (execution == null) {
            throw new IllegalStateException("a change of the unknown execution " + id);
        }
        return execution;
    }

    private void put(Execution execution) {
        Execution before = executions.put(execution.id(), execution);
        if (before != null) {
            unindex(before);
        }
        lastSeq = Math.max(lastSeq, execution.seq());
        byTask.computeIfAbsent(execution.taskId(), _ -> new TreeMap<>()).put(execution.seq(), execution.id());
        switch (execution.life()) {
            case Life.Queued _ -> queue.add(execution);
            case Life.Active life ->
                active.computeIfAbsent(life.executor(), _ -> new LinkedHashSet<>())
                        .add(execution.id());
            case Life.Ended life ->
                endedAt.computeIfAbsent(life.endedAt(), _ -> new LinkedHashSet<>())
                        .add(execution.id());
        }
    }

    private void remove(Execution execution) {
        executions.remove(execution.id());
        unindex(execution);
        byTask.computeIfPresent(execution.taskId(), (_, ids) -> {
            ids.remove(execution.seq());
            return ids.isEmpty() ? null : ids;
        });
    }

    private void unindex(Execution execution) {
        switch (execution.life()) {
            case Life.Queued _ -> queue.remove(execution);
            case Life.Active life -> drop(active, life.executor(), execution.id());
            case Life.Ended life -> drop(endedAt, life.endedAt(), execution.id());
        }
    }

    private static <K> void drop(Map<K, Set<String>> index, K key, String id) {
        index.computeIfPresent(key, (_, ids) -> {
            ids.remove(id);
            return ids.isEmpty() ? null : ids;
        });
    }
}
