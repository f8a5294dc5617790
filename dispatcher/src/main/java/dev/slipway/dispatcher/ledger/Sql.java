package dev.slipway.dispatcher.ledger;

import dev.slipway.protocol.Bytes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Statements with their parameters, on one connection. */
record Sql(Connection connection) {
    /** Reads one row. */
    interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** @return how many rows it changed */
    int execute(String sql, Object... parameters) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            bind(statement, parameters);
            return statement.executeUpdate();
        }
    }

    <T> List<T> list(Row<T> reader, String sql, Object... parameters) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            bind(statement, parameters);
            try (var row = statement.executeQuery()) {
                List<T> result = new ArrayList<>();
                while (row.next()) {
                    result.add(reader.read(row));
                }
                return result;
            }
        }
    }

    <T> Optional<T> first(Row<T> reader, String sql, Object... parameters) throws SQLException {
        return list(reader, sql, parameters).stream().findFirst();
    }

    private static void bind(PreparedStatement statement, Object... parameters) throws SQLException {
        for (int i = 0; i < parameters.length; i++) {
            bind(statement, i + 1, parameters[i]);
        }
    }

    private static void bind(PreparedStatement statement, int at, Object parameter) throws SQLException {
        switch (parameter) {
            case String text -> statement.setString(at, text);
            case Integer number -> statement.setInt(at, number);
            case Long number -> statement.setLong(at, number);
            case Boolean truth -> statement.setBoolean(at, truth);
            case Bytes bytes -> statement.setBytes(at, bytes.unwrap());
            case OptionalInt number when number.isPresent() -> statement.setInt(at, number.getAsInt());
            case OptionalInt _ -> statement.setNull(at, Types.INTEGER);
            case OptionalLong number when number.isPresent() -> statement.setLong(at, number.getAsLong());
            case OptionalLong _ -> statement.setNull(at, Types.BIGINT);
            case Optional<?> text when text.isPresent() -> bind(statement, at, text.get());
            case Optional<?> _ -> statement.setNull(at, Types.VARCHAR);
            default -> throw new IllegalArgumentException("no column holds a " + parameter.getClass());
        }
    }
}
