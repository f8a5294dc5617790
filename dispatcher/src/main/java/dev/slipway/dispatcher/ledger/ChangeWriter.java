package dev.slipway.dispatcher.ledger;

import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Life;
import dev.slipway.dispatcher.core.Message;
import dev.slipway.dispatcher.core.Source;
import dev.slipway.protocol.Outcome;
import dev.slipway.protocol.TaskState;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Writes durable changes as rows, in the caller's transaction. */
final class ChangeWriter {
    /** Titles and messages of failures come from outside, and may be of any length. */
    private static final int MAX_TEXT = 8_192;

    private final Sql sql;
    private final Map<String, Details> details;
    private long lastSeq;

    /** @param details of the executions that are accepted, by id */
    ChangeWriter(Sql sql, Map<String, Details> details) {
        this.sql = sql;
        this.details = details;
    }

    /** The highest number that was given by the changes written; 0 if none was. */
    long lastSeq() {
        return lastSeq;
    }

    void write(Change.Durable change) throws SQLException {
        switch (change) {
            case Change.Accepted(Execution execution) -> accept(execution);
            case Change.Claimed(String id) ->
                one(sql.execute("update execution set claimed = ? where id = ?", true, id));
            case Change.Moved moved -> move(moved);
            case Change.Stalled stalled -> stall(stalled);
            case Change.Prepared prepared -> prepare(prepared);
            case Change.MessageAdded(Message message) -> {
                given(message.id());
                sql.execute(
                        "insert into outbox (id, execution, task_id, kind, claimant) values (?, ?, ?, ?, ?)",
                        message.id(),
                        message.executionId(),
                        message.taskId(),
                        wireName(message.kind()),
                        message.claimant());
            }
            case Change.ClaimHeld(long id) -> one(sql.execute("update outbox set claimant = 0 where id = ?", id));
            case Change.MessageRemoved(long id) -> one(sql.execute("delete from outbox where id = ?", id));
            case Change.ExecutorJoined joined ->
                sql.execute(
                        "insert into executor (id, incarnation, backend, drained) values (?, ?, ?, ?)"
                                + " on conflict (id) do update set incarnation = excluded.incarnation, backend = excluded.backend",
                        joined.executor(),
                        joined.incarnation(),
                        joined.backend().wireName(),
                        false);
            case Change.ExecutorDrained(String id, boolean drained) ->
                one(sql.execute("update executor set drained = ? where id = ?", drained, id));
            case Change.Forgotten(String id) -> forget(id);
        }
    }

    private void accept(Execution execution) throws SQLException {
        Details more = details.get(execution.id());
        if (more == null) {
            throw new IllegalStateException("execution " + execution.id() + " was accepted without its payload");
        }
        given(execution.seq());
        sql.execute(
                "insert into execution (" + ExecutionRow.COLUMNS
                        + ") values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                execution.id(),
                execution.taskId(),
                execution.seq(),
                wireName(execution.source()),
                execution.named(),
                execution.priority(),
                execution.needsImage(),
                execution.acceptedAt(),
                execution.timeoutMillis(),
                execution.claimed(),
                execution.attempt(),
                TaskState.QUEUED.wireName(),
                Optional.empty(),
                Optional.empty(),
                0L,
                0L,
                0L,
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                more.title().map(ChangeWriter::storable),
                more.traceparent(),
                0L,
                false,
                0,
                "",
                0L);
        for (var label : more.labels().entrySet()) {
            sql.execute(
                    "insert into label (execution, name, value) values (?, ?, ?)",
                    execution.id(),
                    label.getKey(),
                    label.getValue());
        }
        sql.execute("insert into payload (execution, spec) values (?, ?)", execution.id(), more.payload());
        event(
                execution.seq(),
                execution.id(),
                Optional.empty(),
                TaskState.QUEUED,
                "submitted",
                wireName(execution.source()),
                execution.attempt(),
                execution.acceptedAt());
    }

    private void move(Change.Moved moved) throws SQLException {
        given(moved.seq());
        String id = moved.executionId();
        String state = moved.to().state().wireName();
        switch (moved.to()) {
            case Life.Queued life ->
                one(sql.execute(
                        "update execution set attempt = ?, state = ?, executor = ?, stop_cause = ?, launched_at = 0, started_at = 0,"
                                + " not_before = ? where id = ?",
                        moved.attempt(),
                        state,
                        Optional.empty(),
                        Optional.empty(),
                        life.notBefore(),
                        id));
            case Life.Active life ->
                one(sql.execute(
                        "update execution set attempt = ?, state = ?, executor = ?, stop_cause = ?, launched_at = ?, started_at = ?,"
                                + " stalled = ? where id = ?",
                        moved.attempt(),
                        state,
                        life.executor(),
                        life instanceof Life.Stopping stopping
                                ? Optional.of(stopping.cause().wireName())
                                : Optional.empty(),
                        life.launchedAt(),
                        life.startedAt(),
                        life instanceof Life.Running running && running.stalled(),
                        id));
            case Life.Ended life -> end(moved, life);
        }
        event(
                moved.seq(),
                id,
                Optional.of(moved.from().state()),
                moved.to().state(),
                moved.cause(),
                moved.actor(),
                moved.attempt(),
                moved.at());
    }

    private void stall(Change.Stalled stalled) throws SQLException {
        given(stalled.seq());
        one(sql.execute("update execution set stalled = ? where id = ?", stalled.stalled(), stalled.executionId()));
        event(
                stalled.seq(),
                stalled.executionId(),
                Optional.of(TaskState.RUNNING),
                TaskState.RUNNING,
                stalled.cause(),
                "dispatcher",
                stalled.attempt(),
                stalled.at());
    }

    private void prepare(Change.Prepared prepared) throws SQLException {
        given(prepared.seq());
        one(sql.execute(
                "update execution set prepared = prepared + 1, prepared_words = ?, prepared_at = ? where id = ?",
                prepared.words(),
                prepared.at(),
                prepared.executionId()));
        event(
                prepared.seq(),
                prepared.executionId(),
                Optional.of(TaskState.LAUNCHING),
                TaskState.LAUNCHING,
                prepared.words(),
                prepared.actor(),
                prepared.attempt(),
                prepared.at());
    }

    /** Where it ran and why it was stopped stay for people to see; the payload of the control plane's does not. */
    private void end(Change.Moved moved, Life.Ended life) throws SQLException {
        one(sql.execute(
                "update execution set attempt = ?, state = ?, launched_at = ?, started_at = ?, ended_at = ?, reason = ?,"
                        + " exit_code = ?, message = ?, stalled = ?, prepared = 0, prepared_words = '', prepared_at = 0"
                        + " where id = ?",
                moved.attempt(),
                life.state().wireName(),
                life.launchedAt(),
                life.startedAt(),
                life.endedAt(),
                life.reason().map(reason -> reason.wireName()),
                life.exitCode(),
                moved.outcome().flatMap(ChangeWriter::message),
                false,
                moved.executionId()));
        sql.execute(
                "delete from payload where execution in (select id from execution where id = ? and source = ?)",
                moved.executionId(),
                wireName(Source.CONTROL_PLANE));
    }

    private static Optional<String> message(Outcome outcome) {
        return outcome instanceof Outcome.Failed failed ? Optional.of(storable(failed.message())) : Optional.empty();
    }

    /** PostgreSQL's text has no NUL and no half of a surrogate pair. */
    private static String storable(String text) {
        byte[] bytes = text.substring(0, Math.min(text.length(), MAX_TEXT)).getBytes(StandardCharsets.UTF_8);
        return new String(bytes, StandardCharsets.UTF_8).replace('\0', ' ');
    }

    private void event(
            long seq,
            String execution,
            Optional<TaskState> from,
            TaskState to,
            String cause,
            String actor,
            int attempt,
            long at)
            throws SQLException {
        sql.execute(
                "insert into task_event (seq, execution, from_state, to_state, cause, actor, attempt, at)"
                        + " values (?, ?, ?, ?, ?, ?, ?, ?)",
                seq,
                execution,
                from.map(TaskState::wireName),
                to.wireName(),
                storable(cause),
                actor,
                attempt,
                at);
    }

    private void forget(String id) throws SQLException {
        for (String table : new String[] {"label", "payload", "task_event"}) {
            sql.execute("delete from " + table + " where execution = ?", id);
        }
        one(sql.execute("delete from execution where id = ?", id));
    }

    private void given(long number) {
        lastSeq = Math.max(lastSeq, number);
    }

    private static String wireName(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** Memory and rows have drifted apart if a change meets no row; better to stop here than to go on. */
    private static void one(int rows) {
        if (rows != 1) {
            throw new IllegalStateException("a change met " + rows + " rows of the ledger instead of one");
        }
    }
}
