package dev.slipway.dispatcher;

import java.nio.file.Path;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.sqlite.SQLiteDataSource;

/** Databases with the schema that they have in production. */
public final class Databases {
    private Databases() {}

    public static DataSource ledger(Path file) {
        return migrated(sqlite(file), "db/ledger");
    }

    public static DataSource logs(Path file) {
        return migrated(sqlite(file), "db/logs");
    }

    public static DataSource migrated(DataSource database, String schema) {
        Flyway.configure()
                .dataSource(database)
                .locations("classpath:" + schema)
                .load()
                .migrate();
        return database;
    }

    private static DataSource sqlite(Path file) {
        var database = new SQLiteDataSource();
        database.setUrl("jdbc:sqlite:" + file + "?journal_mode=WAL&foreign_keys=true&busy_timeout=5000");
        return database;
    }
}
