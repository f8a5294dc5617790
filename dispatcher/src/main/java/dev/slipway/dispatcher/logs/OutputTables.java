package dev.slipway.dispatcher.logs;

import dev.slipway.protocol.Bytes;
import dev.slipway.protocol.LogAppend;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The statements on the tables of output; each call is part of the caller's transaction. */
final class OutputTables {
    private final Connection connection;
    private final Cap cap;

    OutputTables(Connection connection, Cap cap) {
        this.connection = connection;
        this.cap = cap;
    }

    /** @param attempt the newest that wrote; 0 when none has */
    record Head(int attempt, long length, String cursor) {
        static final Head NONE = new Head(0, 0, "");

        LogAppend.Position position(int attempt, boolean accepted) {
            return new LogAppend.Position(length, attempt == this.attempt ? cursor : "", accepted);
        }
    }

    Head head(String execution) throws SQLException {
        try (var select =
                connection.prepareStatement("select attempt, length, cursor from output where execution = ?")) {
            select.setString(1, execution);
            try (var row = select.executeQuery()) {
                return row.next() ? new Head(row.getInt(1), row.getLong(2), row.getString(3)) : Head.NONE;
            }
        }
    }

    /** Appends if the offset is the stored length and no newer attempt has written; else changes nothing. */
    LogAppend.Position append(String execution, LogAppend append) throws SQLException {
        Head head = head(execution);
        boolean accepted = append.offset() == head.length() && append.attempt() >= head.attempt();
        if (!accepted || append.bytes().length() == 0) {
            return head.position(append.attempt(), accepted);
        }
        byte[] bytes = append.bytes().unwrap();
        var grown = new Head(append.attempt(), head.length() + bytes.length, append.cursor());
        save(execution, grown);
        int written = growLastPiece(execution, head.length(), bytes);
        while (written < bytes.length) {
            int length = cap.pieceLength(head.length() + written, bytes.length - written);
            insert(execution, head.length() + written, Bytes.of(bytes, written, written + length));
            written += length;
        }
        drop(execution, grown.length());
        return grown.position(append.attempt(), true);
    }

    private void save(String execution, Head head) throws SQLException {
        try (var upsert = connection.prepareStatement(
                "insert into output (execution, attempt, length, cursor) values (?, ?, ?, ?)"
                        + " on conflict (execution) do update set attempt = excluded.attempt, length = excluded.length, cursor = excluded.cursor")) {
            upsert.setString(1, execution);
            upsert.setInt(2, head.attempt());
            upsert.setLong(3, head.length());
            upsert.setString(4, head.cursor());
            upsert.executeUpdate();
        }
    }

    /** Many small appends become one row: a row for each would cost more than its bytes. Returns how many bytes it took. */
    private int growLastPiece(String execution, long length, byte[] bytes) throws SQLException {
        Optional<Stored.Output> last = length == 0 ? Optional.empty() : pieceBefore(execution, length);
        if (last.isEmpty()
                || !cap.mayGrow(last.get().offset(), last.get().bytes().length(), bytes.length)) {
            return 0;
        }
        byte[] old = last.get().bytes().unwrap();
        byte[] joined = new byte[old.length + bytes.length];
        System.arraycopy(old, 0, joined, 0, old.length);
        System.arraycopy(bytes, 0, joined, old.length, bytes.length);
        try (var update = connection.prepareStatement("update piece set bytes = ? where execution = ? and start = ?")) {
            update.setBytes(1, joined);
            update.setString(2, execution);
            update.setLong(3, last.get().offset());
            update.executeUpdate();
        }
        return bytes.length;
    }

    private void insert(String execution, long start, Bytes bytes) throws SQLException {
        try (var insert = connection.prepareStatement("insert into piece (execution, start, bytes) values (?, ?, ?)")) {
            insert.setString(1, execution);
            insert.setLong(2, start);
            insert.setBytes(3, bytes.unwrap());
            insert.executeUpdate();
        }
    }

    private void drop(String execution, long length) throws SQLException {
        long before = cap.dropBefore(length);
        if (before <= cap.head()) {
            return;
        }
        try (var delete =
                connection.prepareStatement("delete from piece where execution = ? and start >= ? and start < ?")) {
            delete.setString(1, execution);
            delete.setLong(2, cap.head());
            delete.setLong(3, before);
            delete.executeUpdate();
        }
    }

    /** Writes without changing anything. */
    void probe() throws SQLException {
        try (var update = connection.prepareStatement(
                "update output set length = length" + " where execution = (select execution from output limit 1)")) {
            update.executeUpdate();
        }
    }

    List<String> executions() throws SQLException {
        try (var select = connection.prepareStatement("select execution from output");
                var row = select.executeQuery()) {
            List<String> executions = new ArrayList<>();
            while (row.next()) {
                executions.add(row.getString(1));
            }
            return executions;
        }
    }

    void remove(String execution) throws SQLException {
        for (String table : new String[] {"piece", "output"}) {
            try (var delete = connection.prepareStatement("delete from " + table + " where execution = ?")) {
                delete.setString(1, execution);
                delete.executeUpdate();
            }
        }
    }

    /** What stands at the offset; empty when nothing was written there yet. */
    Optional<Stored> at(String execution, long offset) throws SQLException {
        long length = head(execution).length();
        if (offset >= length) {
            return Optional.empty();
        }
        Optional<Stored.Output> holding = pieceBefore(execution, offset + 1);
        if (holding.isPresent() && holding.get().end() > offset) {
            byte[] bytes = holding.get().bytes().unwrap();
            int from = (int) (offset - holding.get().offset());
            return Optional.of(new Stored.Output(offset, Bytes.of(bytes, from, bytes.length)));
        }
        return Optional.of(new Stored.Gap(offset, nextStart(execution, offset).orElse(length) - offset));
    }

    /** The last piece that begins before the offset. */
    private Optional<Stored.Output> pieceBefore(String execution, long offset) throws SQLException {
        try (var select = connection.prepareStatement(
                "select start, bytes from piece where execution = ? and start < ? order by start desc limit 1")) {
            bind(select, execution, offset);
            try (var row = select.executeQuery()) {
                return row.next()
                        ? Optional.of(new Stored.Output(row.getLong(1), Bytes.wrap(row.getBytes(2))))
                        : Optional.empty();
            }
        }
    }

    private Optional<Long> nextStart(String execution, long offset) throws SQLException {
        try (var select = connection.prepareStatement(
                "select start from piece where execution = ? and start > ? order by start limit 1")) {
            bind(select, execution, offset);
            try (var row = select.executeQuery()) {
                return row.next() ? Optional.of(row.getLong(1)) : Optional.empty();
            }
        }
    }

    private static void bind(PreparedStatement statement, String execution, long offset) throws SQLException {
        statement.setString(1, execution);
        statement.setLong(2, offset);
    }
}
