package dev.slipway.dispatcher.ledger;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationState;
import org.sqlite.SQLiteConfig;

/** The file of a ledger, before anything that could change it is done with it. */
public final class LedgerFile {
    private static final String SCHEMA_HISTORY = "flyway_schema_history";

    private static final byte[] HEADER = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

    private LedgerFile() {}

    /**
     * Finds out whether the file is sound, and a ledger or empty. A damaged one is better found now than in the middle of a
     * night.
     *
     * @throws SQLException in words, if it is not; nothing was written to it
     */
    public static void check(Path file) throws SQLException {
        if (size(file) == 0) {
            if (size(file.resolveSibling(file.getFileName() + "-wal")) > 0) {
                // SQLite would delete what it takes for a leftover.
                throw new SQLException("it is empty, but what was written to it last is still in the file "
                        + file.getFileName() + "-wal");
            }
            return; // nothing was ever in it
        }
        if (!beginsLikeADatabase(file)) {
            throw new SQLException("it is not a database");
        }
        var readOnly = new SQLiteConfig();
        readOnly.setReadOnly(true);
        try (Connection connection = readOnly.createConnection("jdbc:sqlite:" + file)) {
            check(new Sql(connection));
        }
    }

    private static void check(Sql sql) throws SQLException {
        var faults = sql.list(row -> row.getString(1), "pragma quick_check(1)");
        if (!faults.equals(List.of("ok"))) {
            throw new SQLException("it is damaged: " + faults.getFirst());
        }
        var tables = sql.list(row -> row.getString(1), "select name from sqlite_master where type = 'table'");
        if (!tables.contains("ledger") && !List.of(SCHEMA_HISTORY).containsAll(tables)) {
            throw new SQLException("it is a database, but not a ledger");
        }
    }

    /** @throws SQLException in words, if this version does not know the ledger's schema */
    public static void checkVersion(Flyway schema) throws SQLException {
        boolean isNewer = Stream.of(schema.info().applied())
                .anyMatch(migration -> migration.getState() == MigrationState.FUTURE_SUCCESS);
        if (isNewer) {
            throw new SQLException("it was written by a newer version of Slipway, which has to be used again");
        }
    }

    /** SQLite would take a file that is shorter than that for an empty one. */
    private static boolean beginsLikeADatabase(Path file) throws SQLException {
        try (InputStream in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(HEADER.length), HEADER);
        } catch (IOException e) {
            throw new SQLException("it cannot be read: " + e, e);
        }
    }

    private static long size(Path file) throws SQLException {
        try {
            return Files.exists(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            throw new SQLException("it cannot be read: " + e, e);
        }
    }
}
