package dev.slipway.dispatcher.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Work that is stored as a whole or not at all. */
public interface Transaction<T> {
    T in(Connection connection) throws SQLException;

    /** Whatever is thrown, an error included, undoes everything: a pooled connection that is only closed would commit. */
    static <T> T run(DataSource database, Transaction<T> work) throws SQLException {
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            try {
                T result = work.in(connection);
                connection.commit();
                return result;
            } catch (Throwable e) {
                rollBack(connection, e);
                throw e;
            }
        }
    }

    private static void rollBack(Connection connection, Throwable cause) {
        try {
            connection.rollback();
        } catch (SQLException | RuntimeException e) {
            cause.addSuppressed(e);
        }
    }
}
