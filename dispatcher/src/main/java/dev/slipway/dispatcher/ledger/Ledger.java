package dev.slipway.dispatcher.ledger;

import dev.slipway.dispatcher.access.Refusal;
import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Message;
import dev.slipway.dispatcher.core.Peer;
import dev.slipway.dispatcher.core.State;
import dev.slipway.protocol.Api;
import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.TaskState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jboss.logging.Logger;

/**
 * The durable side of the core. One thread commits, over a connection that is never lent to anybody else; reads may come from
 * any, over others. No connection is held between two calls, so no transaction is ever left open.
 */
public final class Ledger {
    private static final Logger LOG = Logger.getLogger(Ledger.class);
    private static final String EVENT_COLUMNS = "seq, execution, from_state, to_state, cause, actor, attempt, at";

    private final DataSource writer;
    private final DataSource readers;
    private final String id;

    /** What a transaction does. */
    private interface Work<T> {
        T in(Sql sql) throws SQLException;
    }

    private Ledger(DataSource writer, DataSource readers, String id) {
        this.writer = writer;
        this.readers = readers;
        this.id = id;
    }

    /**
     * Opens a ledger whose schema is up to date.
     *
     * @param writer for the loop alone, which waits for nobody's reading
     * @param readers of the same database
     * @throws SQLException if it cannot be read or written
     */
    public static Ledger open(DataSource writer, DataSource readers) throws SQLException {
        String id = transaction(writer, sql -> {
            Optional<String> known = sql.first(row -> row.getString(1), "select id from ledger");
            if (known.isPresent()) {
                return known.get();
            }
            String fresh = UUID.randomUUID().toString();
            sql.execute("insert into ledger (id, last_seq) values (?, ?)", fresh, 0L);
            return fresh;
        });
        return new Ledger(writer, readers, id);
    }

    /** A UUID: the mark of everything that belongs to this ledger. */
    public String id() {
        return id;
    }

    /** Writes all changes in one transaction: once this returns they are durable, if it throws none of them is. */
    public void commit(List<Change.Durable> changes, Map<String, Details> details) throws SQLException {
        transaction(writer, sql -> {
            var rows = new ChangeWriter(sql, details);
            for (Change.Durable change : changes) {
                rows.write(change);
            }
            return sql.execute("update ledger set last_seq = ? where last_seq < ?", rows.lastSeq(), rows.lastSeq());
        });
    }

    /** Writes without changing anything: returns if the ledger takes commits. */
    public void probe() throws SQLException {
        transaction(writer, sql -> sql.execute("update ledger set last_seq = last_seq"));
    }

    /** The state that all commits have left. */
    public State load(String session) throws SQLException {
        return transaction(
                writer,
                sql -> State.restore(
                        id,
                        session,
                        sql.first(row -> row.getLong(1), "select last_seq from ledger")
                                .orElse(0L),
                        sql.list(ExecutionRow::execution, "select " + ExecutionRow.COLUMNS + " from execution"),
                        sql.list(Ledger::message, "select id, execution, task_id, kind, claimant from outbox"),
                        sql.list(Ledger::executor, "select id, incarnation, backend, drained from executor")));
    }

    /** The trace contexts of all executions that have one, by execution. */
    public Map<String, String> traceparents() throws SQLException {
        Map<String, String> result = new HashMap<>();
        transaction(
                writer,
                sql -> sql.list(
                        row -> result.put(row.getString(1), row.getString(2)),
                        "select id, traceparent from execution where traceparent is not null"));
        return result;
    }

    /** What the execution is to run, as it was submitted; empty once it is erased. It may be large: it is handed over uncopied. */
    public Optional<byte[]> payload(String execution) {
        return read(
                sql -> sql.first(row -> row.getBytes(1), "select spec from payload where execution = ?", execution));
    }

    /** @param reference an execution's id, or a task's for its newest execution */
    public Optional<StoredTask> find(String reference) {
        return read(sql -> {
            List<StoredTask> found = tasks(sql, "id = ?", List.of(reference), 1);
            if (found.isEmpty()) {
                found = tasks(sql, "task_id = ?", List.of(reference), 1);
            }
            return found.stream().findFirst();
        });
    }

    public List<StoredTask> list(TaskQuery query) {
        List<String> conditions = new ArrayList<>(List.of("1 = 1"));
        List<Object> parameters = new ArrayList<>();
        query.state().ifPresent(state -> {
            conditions.add("state = ?");
            parameters.add(state.wireName());
        });
        query.source().ifPresent(source -> {
            conditions.add("source = ?");
            parameters.add(source.name().toLowerCase(Locale.ROOT));
        });
        query.before().ifPresent(seq -> {
            conditions.add("seq < ?");
            parameters.add(seq);
        });
        query.labels().forEach((name, value) -> {
            conditions.add("id in (select execution from label where name = ? and value = ?)");
            parameters.add(name);
            parameters.add(value);
        });
        return read(sql -> tasks(sql, String.join(" and ", conditions), parameters, query.limit()));
    }

    private static List<StoredTask> tasks(Sql sql, String condition, List<?> parameters, int limit)
            throws SQLException {
        List<Object> all = new ArrayList<>(parameters);
        all.add(limit);
        List<StoredTask> found = sql.list(
                row -> ExecutionRow.task(row, Map.of()),
                "select " + ExecutionRow.COLUMNS + " from execution where " + condition + " order by seq desc limit ?",
                all.toArray());
        List<StoredTask> result = new ArrayList<>(found.size());
        for (StoredTask task : found) {
            result.add(task.withLabels(labels(sql, task.execution())));
        }
        return result;
    }

    private static Map<String, String> labels(Sql sql, Execution execution) throws SQLException {
        Map<String, String> labels = new HashMap<>();
        sql.list(
                row -> labels.put(row.getString(1), row.getString(2)),
                "select name, value from label where execution = ?",
                execution.id());
        return labels;
    }

    /** The execution's transitions, oldest first. */
    public List<Api.Event> eventsOf(String execution) {
        return read(sql -> sql.list(
                Ledger::event,
                "select " + EVENT_COLUMNS + " from task_event where execution = ? order by seq",
                execution));
    }

    /** Transitions of all executions with a higher number, oldest first. */
    public List<Api.Event> eventsAfter(long seq, int limit) {
        return read(sql -> sql.list(
                Ledger::event,
                "select " + EVENT_COLUMNS + " from task_event where seq > ? order by seq limit ?",
                seq,
                limit));
    }

    /** The number of the newest transition; 0 if there is none. */
    public long lastEvent() {
        return read(sql -> sql.first(row -> row.getLong(1), "select seq from task_event order by seq desc limit 1")
                .orElse(0L));
    }

    private static Message message(ResultSet row) throws SQLException {
        return new Message(
                row.getLong("id"),
                row.getString("execution"),
                row.getString("task_id"),
                Message.Kind.valueOf(row.getString("kind").toUpperCase(Locale.ROOT)),
                row.getLong("claimant"));
    }

    private static Peer.Executor executor(ResultSet row) throws SQLException {
        return new Peer.Executor(
                row.getString("id"),
                row.getLong("incarnation"),
                BackendKind.ofWireName(row.getString("backend")),
                row.getBoolean("drained"),
                Optional.empty(),
                Map.of(),
                List.of(),
                false,
                0);
    }

    private static Api.Event event(ResultSet row) throws SQLException {
        return new Api.Event(
                row.getLong("seq"),
                row.getString("execution"),
                Optional.ofNullable(row.getString("from_state")).map(TaskState::ofWireName),
                TaskState.ofWireName(row.getString("to_state")),
                row.getString("cause"),
                row.getString("actor"),
                row.getInt("attempt"),
                Instant.ofEpochMilli(row.getLong("at")).toString());
    }

    /** @throws Refusal 503 if the ledger cannot be read now */
    private <T> T read(Work<T> work) {
        try {
            return transaction(readers, work);
        } catch (SQLException e) {
            LOG.error("The ledger cannot be read", e);
            throw Refusal.unavailable("The ledger cannot be read now. The dispatcher's log says why; try again.");
        }
    }

    private static <T> T transaction(DataSource database, Work<T> work) throws SQLException {
        return Transaction.run(database, connection -> work.in(new Sql(connection)));
    }
}
