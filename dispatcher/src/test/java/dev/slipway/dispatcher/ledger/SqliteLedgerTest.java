package dev.slipway.dispatcher.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.dispatcher.Databases;
import dev.slipway.dispatcher.access.Refusal;
import io.agroal.api.AgroalDataSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteLedgerTest extends LedgerContract {
    private static final long PAGE = 4096;

    @TempDir
    Path directory;

    @Override
    AgroalDataSource empty() {
        return Databases.ledger(directory.resolve("ledger.db"));
    }

    @Test
    void commitsThoughEveryReadersConnectionIsTaken() throws SQLException {
        List<Connection> taken = new ArrayList<>();
        try (AgroalDataSource writer = empty();
                AgroalDataSource readers = empty()) {
            Ledger ledger = Ledger.open(writer, readers);
            for (int i = 0; i < Databases.POOL; i++) {
                taken.add(readers.getConnection());
            }
            ledger.probe();
            assertThatThrownBy(ledger::lastEvent).isInstanceOf(Refusal.class);
            for (Connection connection : taken) {
                connection.close();
            }
            assertThat(ledger.lastEvent()).isZero();
        }
    }

    @Test
    void refusesADamagedFile() throws IOException, SQLException {
        Path file = directory.resolve("ledger.db");
        try (AgroalDataSource sound = empty();
                var connection = sound.getConnection();
                var statement = connection.createStatement()) {
            statement.execute("pragma wal_checkpoint(truncate)");
        }
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (long page = 2; page * PAGE < channel.size(); page++) {
                channel.write(ByteBuffer.wrap(new byte[200]), page * PAGE);
            }
        }
        assertThatThrownBy(() -> open(database())).isInstanceOfAny(SQLException.class, FlywayException.class);
    }
}
