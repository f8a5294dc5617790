package dev.slipway.dispatcher.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.dispatcher.Databases;
import dev.slipway.dispatcher.access.Refusal;
import io.agroal.api.AgroalDataSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteLedgerTest extends LedgerContract {
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
}
