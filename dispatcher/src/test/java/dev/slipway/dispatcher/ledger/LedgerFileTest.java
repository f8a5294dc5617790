package dev.slipway.dispatcher.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.dispatcher.Databases;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Source;
import io.agroal.api.AgroalDataSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Random;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LedgerFileTest {
    private static final int PAGE = 4096;

    @TempDir
    Path directory;

    /** A ledger in which something has happened, and closed, so that all of it is in one file. */
    private Path ledger() throws SQLException {
        Path file = directory.resolve("ledger.db");
        try (AgroalDataSource database = Databases.ledger(file)) {
            Story story = new Story(Ledger.open(database, database));
            for (int i = 0; i < 100; i++) {
                story.submit("e" + i, "t" + i, Source.API);
                story.play(new Event.CancelExecution("e" + i, "user"));
            }
        }
        return file;
    }

    private static void assertRefusedUnchanged(Path file, String why) throws IOException {
        byte[] before = Files.readAllBytes(file);
        assertThatThrownBy(() -> LedgerFile.check(file))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining(why);
        assertThat(Arrays.equals(Files.readAllBytes(file), before))
                .as("the bytes are as they were")
                .isTrue();
    }

    @Test
    void letsALedgerPassAndTheBeginningOfOne() throws Exception {
        Path file = ledger();
        LedgerFile.check(file);
        LedgerFile.check(directory.resolve("missing.db"));
        LedgerFile.check(Files.createFile(directory.resolve("empty.db")));
        assertThat(directory.resolve("missing.db")).doesNotExist();
    }

    @Test
    void letsALedgerPassWhoseProcessWasKilled() throws Exception {
        Path file = ledger();
        Path copy = directory.resolve("copy.db");
        Path writeAhead = directory.resolve("ledger.db-wal");
        try (AgroalDataSource database = Databases.existing(file)) {
            new Story(Ledger.open(database, database)).submit("last", "last", Source.API);
            Files.copy(file, copy);
            Files.copy(writeAhead, directory.resolve("copy.db-wal"));
        }
        byte[] before = Files.readAllBytes(directory.resolve("copy.db-wal"));
        assertThat(before).isNotEmpty();

        LedgerFile.check(copy);

        assertThat(directory.resolve("copy.db-wal")).hasBinaryContent(before);
        try (AgroalDataSource database = Databases.existing(copy)) {
            assertThat(Ledger.open(database, database).find("last")).isPresent();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 3 * PAGE})
    void refusesGarbage(int length) throws IOException {
        byte[] garbage = new byte[length];
        new Random(length).nextBytes(garbage);
        assertRefusedUnchanged(Files.write(directory.resolve("ledger.db"), garbage), "not a database");
    }

    @ParameterizedTest
    @ValueSource(ints = {50, PAGE - 1, PAGE, 5 * PAGE, 5 * PAGE + 17})
    void refusesATruncatedFile(int length) throws Exception {
        Path file = ledger();
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            assertThat(channel.size()).isGreaterThan(6 * PAGE);
            channel.truncate(length);
        }
        assertRefusedUnchanged(file, "");
    }

    @Test
    void refusesAFileWithHolesInItsPages() throws Exception {
        Path file = ledger();
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (long page = 2; page * PAGE < channel.size(); page++) {
                channel.write(ByteBuffer.wrap(new byte[200]), page * PAGE);
            }
        }
        assertRefusedUnchanged(file, "it is damaged");
    }

    @Test
    void refusesAnEmptyFileBesideWhatWasWrittenToItLast() throws Exception {
        Path file = Files.createFile(directory.resolve("ledger.db"));
        Path writeAhead = Files.write(directory.resolve("ledger.db-wal"), new byte[] {1, 2, 3});
        assertRefusedUnchanged(file, "ledger.db-wal");
        assertThat(writeAhead).hasBinaryContent(new byte[] {1, 2, 3});
    }

    @Test
    void refusesADatabaseOfSomethingElse() throws Exception {
        Path theirs = directory.resolve("theirs.db");
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + theirs);
                var statement = connection.createStatement()) {
            statement.execute("create table recipe (name text)");
        }
        Path output = directory.resolve("logs.db");
        Databases.logs(output).close();

        assertRefusedUnchanged(theirs, "not a ledger");
        assertRefusedUnchanged(output, "not a ledger");
    }

    @Test
    void refusesALedgerOfANewerVersion() throws Exception {
        try (AgroalDataSource database = Databases.existing(ledger())) {
            Flyway schema = Flyway.configure()
                    .dataSource(database)
                    .locations("classpath:db/ledger")
                    .load();
            LedgerFile.checkVersion(schema);
            try (var connection = database.getConnection();
                    var statement = connection.createStatement()) {
                statement.execute(
                        "insert into flyway_schema_history select 1000, '1000', 'future', type, 'V1000__future.sql',"
                                + " checksum, installed_by, installed_on, execution_time, success from flyway_schema_history"
                                + " where version = '1'");
            }
            assertThatThrownBy(() -> LedgerFile.checkVersion(schema)).hasMessageContaining("newer version");
        }
    }
}
