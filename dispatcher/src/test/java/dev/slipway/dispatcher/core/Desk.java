package dev.slipway.dispatcher.core;

import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.TaskState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** A decider with its state, and short words for what the tests play to it: one event a batch. */
final class Desk {
    static final long START = 1_000_000;

    long now = START;
    final State state;
    final List<Change> changes = new ArrayList<>();
    private final Decider decider;
    private final Map<String, Long> seqs = new HashMap<>();
    private final Map<String, Long> incarnations = new HashMap<>();
    private List<Answer> answers = List.of();
    private final Set<String> leaving = new HashSet<>();
    private final Map<String, String> obstacles = new HashMap<>();

    Desk() {
        this(limits(0, 100));
    }

    Desk(Limits limits) {
        this(limits, State.restore("ledger", "session", 0, List.of(), List.of(), List.of()));
    }

    /** One that goes on with what a ledger has. */
    Desk(Limits limits, State state) {
        this.state = state;
        decider = new Decider(state, limits);
    }

    static Limits limits(int maxConcurrent, int queueLimit) {
        return TestLimits.of(maxConcurrent, queueLimit);
    }

    Reply play(Event event) {
        Decision decided = decider.decide(event, now);
        Decision settled = decider.settle(now);
        changes.addAll(decided.changes());
        changes.addAll(settled.changes());
        answers = new ArrayList<>(decided.answers());
        answers.addAll(settled.answers());
        return decided.reply();
    }

    /** An execution from the API. */
    void submit(String id) {
        play(new Event.Submit(id, true, "task-" + id, Source.API, 0, false, OptionalLong.empty()));
    }

    Reply assign(String executionId, String taskId) {
        return play(new Event.Submit(executionId, true, taskId, Source.CONTROL_PLANE, 0, false, OptionalLong.empty()));
    }

    /** The same, by a connector that alone may claim it at first. */
    Reply assign(long connector, String executionId, String taskId) {
        return play(new Event.Submit(
                connector, executionId, true, taskId, Source.CONTROL_PLANE, 0, false, OptionalLong.empty()));
    }

    Reply assignUnnamed(String taskId) {
        return play(new Event.Submit(taskId, false, taskId, Source.CONTROL_PLANE, 0, false, OptionalLong.empty()));
    }

    /** The executor's report, and what it is answered at once; empty while its call is held. */
    Optional<Answer.ToExecutor> sync(
            String executor, int slots, List<ExecutorSync.Run> runs, List<ExecutorSync.Finished> finished) {
        reply = play(new Event.ExecutorReport(
                executor,
                new ExecutorSync(
                        incarnations.getOrDefault(executor, 1L),
                        seqs.merge(executor, 1L, Long::sum),
                        BackendKind.DIRECT,
                        slots,
                        state.session(),
                        leaving.contains(executor),
                        runs,
                        finished,
                        obstacles.getOrDefault(executor, ""))));
        return toExecutor();
    }

    Reply reply = new Reply.Done();

    Optional<Answer.ToExecutor> sync(String executor, ExecutorSync.Run... runs) {
        return sync(executor, 0, List.of(runs), List.of());
    }

    Optional<Answer.ToExecutor> finish(String executor, String execution, int code) {
        return sync(executor, 0, List.of(), List.of(finished(execution, code, false)));
    }

    /** From now on its reports say that it shuts down. */
    void leave(String executor) {
        leaving.add(executor);
    }

    /** From now on its reports say why it can start nothing; empty: it can. */
    void hinder(String executor, String obstacle) {
        obstacles.put(executor, obstacle);
    }

    void restart(String executor) {
        incarnations.merge(executor, 2L, Long::sum);
    }

    Optional<Answer.ToExecutor> toExecutor() {
        return answers.stream()
                .filter(Answer.ToExecutor.class::isInstance)
                .map(Answer.ToExecutor.class::cast)
                .reduce((_, last) -> last);
    }

    /** The connector's report, and what it is answered at once; empty while its call is held. */
    Optional<Answer.ToConnector> connector(List<Long> holding, List<Long> claimsWritten, List<Long> confirmed) {
        return connector(holding, claimsWritten, confirmed, List.of());
    }

    Optional<Answer.ToConnector> connector(
            List<Long> holding, List<Long> claimsWritten, List<Long> confirmed, List<Long> declined) {
        return connector(1, holding, claimsWritten, confirmed, declined);
    }

    Optional<Answer.ToConnector> connector(
            long incarnation, List<Long> holding, List<Long> claimsWritten, List<Long> confirmed, List<Long> declined) {
        reply = play(new Event.ConnectorReport(
                "c",
                new ConnectorSync(
                        incarnation,
                        seqs.merge("connector", 1L, Long::sum),
                        true,
                        holding,
                        claimsWritten,
                        confirmed,
                        declined,
                        0,
                        0)));
        return answers.stream()
                .filter(Answer.ToConnector.class::isInstance)
                .map(Answer.ToConnector.class::cast)
                .reduce((_, last) -> last);
    }

    /** Has everything in the outbox written and confirmed. */
    List<Message> deliverAll() {
        List<Message> messages = List.copyOf(state.outbox());
        connector(List.of(), List.of(), messages.stream().map(Message::id).toList());
        return messages;
    }

    /** Has every claim in the outbox written and confirmed. */
    void deliverClaims() {
        List<Long> claims = state.outbox().stream()
                .filter(message -> message.kind() == Message.Kind.CLAIM)
                .map(Message::id)
                .toList();
        connector(List.of(), claims, claims);
    }

    void drain(String executor) {
        play(new Event.Drain(executor, true));
    }

    TaskState stateOf(String execution) {
        return state.execution(execution).orElseThrow().life().state();
    }

    static ExecutionKey key(String execution) {
        return new ExecutionKey(execution, 1);
    }

    static ExecutorSync.Run preparing(String execution) {
        return new ExecutorSync.Run(key(execution), false, false, 0, 0);
    }

    static ExecutorSync.Run preparing(String execution, String words) {
        return new ExecutorSync.Run(key(execution), false, false, 0, 0, words);
    }

    static ExecutorSync.Run running(String execution) {
        return running(execution, 0);
    }

    static ExecutorSync.Run running(String execution, long silent) {
        return new ExecutorSync.Run(key(execution), true, false, START, silent);
    }

    static ExecutorSync.Run stopping(String execution) {
        return new ExecutorSync.Run(key(execution), true, true, START, 0);
    }

    static ExecutorSync.Finished finished(String execution, int code, boolean stopped) {
        return new ExecutorSync.Finished(
                key(execution),
                new Ending.Exited(code, FailureReason.AGENT_INVOCATION, "exited with " + code, stopped),
                START,
                START);
    }
}
