package dev.slipway.dispatcher.ledger;

import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Life;
import dev.slipway.dispatcher.core.Preparation;
import dev.slipway.dispatcher.core.Source;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.StopCause;
import dev.slipway.protocol.TaskState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Reads rows of the table {@code execution}. */
final class ExecutionRow {
    static final String COLUMNS = "id, task_id, seq, source, named, priority, needs_image, accepted_at, timeout_millis,"
            + " claimed, attempt, state, executor, stop_cause, launched_at, started_at, ended_at, reason, exit_code,"
            + " message, title, traceparent, not_before, stalled, prepared, prepared_words, prepared_at";

    private ExecutionRow() {}

    static Execution execution(ResultSet row) throws SQLException {
        return new Execution(
                row.getString("id"),
                row.getString("task_id"),
                row.getLong("seq"),
                Source.valueOf(row.getString("source").toUpperCase(Locale.ROOT)),
                row.getBoolean("named"),
                row.getInt("priority"),
                row.getBoolean("needs_image"),
                row.getLong("accepted_at"),
                optionalLong(row, "timeout_millis"),
                row.getBoolean("claimed"),
                row.getInt("attempt"),
                life(row),
                new Preparation(row.getInt("prepared"), row.getString("prepared_words"), row.getLong("prepared_at")));
    }

    static StoredTask task(ResultSet row, Map<String, String> labels) throws SQLException {
        return new StoredTask(
                execution(row),
                text(row, "executor"),
                text(row, "stop_cause").map(StopCause::ofWireName),
                text(row, "message"),
                text(row, "title"),
                text(row, "traceparent"),
                labels);
    }

    private static Life life(ResultSet row) throws SQLException {
        TaskState state = TaskState.ofWireName(row.getString("state"));
        long launchedAt = row.getLong("launched_at");
        long startedAt = row.getLong("started_at");
        return switch (state) {
            case QUEUED -> new Life.Queued(row.getLong("not_before"));
            case LAUNCHING -> new Life.Launching(row.getString("executor"), launchedAt);
            case RUNNING ->
                new Life.Running(row.getString("executor"), launchedAt, startedAt, row.getBoolean("stalled"));
            case STOPPING ->
                new Life.Stopping(
                        row.getString("executor"),
                        StopCause.ofWireName(row.getString("stop_cause")),
                        launchedAt,
                        startedAt);
            case SUCCEEDED, FAILED, CANCELLED ->
                new Life.Ended(
                        state,
                        text(row, "reason").map(FailureReason::ofWireName),
                        optionalInt(row, "exit_code"),
                        launchedAt,
                        startedAt,
                        row.getLong("ended_at"));
        };
    }

    private static Optional<String> text(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getString(column));
    }

    private static OptionalInt optionalInt(ResultSet row, String column) throws SQLException {
        int value = row.getInt(column);
        return row.wasNull() ? OptionalInt.empty() : OptionalInt.of(value);
    }

    private static OptionalLong optionalLong(ResultSet row, String column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
    }
}
