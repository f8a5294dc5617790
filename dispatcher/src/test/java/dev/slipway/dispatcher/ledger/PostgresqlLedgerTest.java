package dev.slipway.dispatcher.ledger;

import dev.slipway.dispatcher.Databases;
import io.agroal.api.AgroalDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;

/** The same statements on a real PostgreSQL. */
class PostgresqlLedgerTest extends LedgerContract {
    private static final EmbeddedPostgres SERVER = start();
    private static int databases;

    private static EmbeddedPostgres start() {
        try {
            return EmbeddedPostgres.builder()
                    .setOverrideWorkingDirectory(new File("target/embedded-pg"))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterAll
    static void stop() throws IOException {
        SERVER.close();
    }

    @Override
    AgroalDataSource empty() {
        String name = "ledger" + databases++;
        try (var connection = SERVER.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("create database " + name);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return Databases.open(SERVER.getJdbcUrl("postgres", name), "db/ledger");
    }
}
