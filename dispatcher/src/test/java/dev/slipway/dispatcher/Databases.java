package dev.slipway.dispatcher;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import org.flywaydb.core.Flyway;

/** Databases with the schema and the kind of pool that they have in production. */
public final class Databases {
    /** How many connections each of them lends. */
    public static final int POOL = 4;

    private Databases() {}

    public static AgroalDataSource ledger(Path file) {
        return open(sqlite(file), "db/ledger");
    }

    /** One that has its schema already. */
    public static AgroalDataSource existing(Path file) {
        return pool(sqlite(file), Duration.ofSeconds(30));
    }

    public static AgroalDataSource logs(Path file) {
        return open(sqlite(file), "db/logs");
    }

    private static String sqlite(Path file) {
        return "jdbc:sqlite:" + file + "?journal_mode=WAL&foreign_keys=true&busy_timeout=5000";
    }

    public static AgroalDataSource open(String url, String schema) {
        AgroalDataSource database = pool(url, Duration.ofSeconds(1));
        Flyway.configure()
                .dataSource(database)
                .locations("classpath:" + schema)
                .load()
                .migrate();
        return database;
    }

    private static AgroalDataSource pool(String url, Duration patience) {
        try {
            return AgroalDataSource.from(new AgroalDataSourceConfigurationSupplier()
                    .connectionPoolConfiguration(pool -> pool.maxSize(POOL)
                            .acquisitionTimeout(patience)
                            .connectionFactoryConfiguration(factory -> factory.jdbcUrl(url))));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
