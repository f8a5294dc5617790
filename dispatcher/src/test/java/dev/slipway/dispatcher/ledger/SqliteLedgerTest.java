package dev.slipway.dispatcher.ledger;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.dispatcher.Databases;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteLedgerTest extends LedgerContract {
    @TempDir
    Path directory;

    @Override
    DataSource database() {
        return Databases.ledger(directory.resolve("ledger.db"));
    }

    @Test
    void refusesADamagedFile() throws IOException, SQLException {
        DataSource database = database();
        try (var connection = database.getConnection();
                var statement = connection.createStatement()) {
            statement.execute("pragma wal_checkpoint(truncate)");
        }
        try (var file = FileChannel.open(directory.resolve("ledger.db"), StandardOpenOption.WRITE)) {
            for (long page = 2; page * 4096 < file.size(); page++) {
                file.write(ByteBuffer.wrap(new byte[200]), page * 4096);
            }
        }
        assertThatThrownBy(() -> Ledger.open(database)).isInstanceOf(SQLException.class);
    }
}
