package dev.slipway.dispatcher.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.dispatcher.Databases;
import dev.slipway.dispatcher.core.State;
import dev.slipway.dispatcher.ledger.Ledger;
import io.agroal.api.AgroalDataSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process with a ledger is killed in the midst of its commits; {@code -Dledger.kills=100} for more often. */
class KilledLedgerTest {
    private static final int KILLS = Integer.getInteger("ledger.kills", 20);

    @TempDir
    Path directory;

    private final Random random = new Random(1);
    private final Set<String> answered = new HashSet<>();

    @Test
    void everyAnsweredSubmissionIsThereAfterwards() throws Exception {
        Path file = directory.resolve("ledger.db");
        Databases.ledger(file).close();
        for (int kill = 1; kill <= KILLS; kill++) {
            submitUntilKilled(file, "kill-" + kill);
            if (kill % 4 == 0 || kill == KILLS) { // else the next process finds what this one left half-way
                assertEverythingIsIn(file);
            }
        }
        assertThat(answered).hasSizeGreaterThan(KILLS);
    }

    private void submitUntilKilled(Path file, String prefix) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xmx128m",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dorg.sqlite.tmpdir=" + directory,
                        "-cp",
                        System.getProperty("java.class.path"),
                        LedgerProcess.class.getName(),
                        file.toString(),
                        prefix))
                .redirectError(directory.resolve("errors").toFile())
                .start();
        try (BufferedReader lines = process.inputReader()) {
            for (int more = 1 + random.nextInt(40); more > 0; more--) {
                String line = lines.readLine();
                assertThat(line)
                        .as(() -> "what " + prefix + " answers; its errors: " + errors())
                        .isNotNull();
                answered.add(line);
            }
            LockSupport.parkNanos(random.nextInt(5_000_000)); // any moment of a commit
            process.toHandle().destroyForcibly(); // which leaves the output to be read
            String rest = lines.readAllAsString();
            rest.substring(0, rest.lastIndexOf('\n') + 1).lines().forEach(answered::add);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private String errors() {
        try {
            return Files.readString(directory.resolve("errors"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void assertEverythingIsIn(Path file) throws SQLException {
        try (AgroalDataSource database = Databases.existing(file)) {
            State state = Ledger.open(database, database).load("session");
            assertThat(answered)
                    .as("of %d answered submissions", answered.size())
                    .allMatch(id -> state.execution(id).isPresent());
        }
    }
}
