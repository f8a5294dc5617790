package dev.slipway.dispatcher.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.dispatcher.Databases;
import dev.slipway.protocol.Bytes;
import dev.slipway.protocol.LogAppend;
import io.agroal.api.AgroalDataSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;

class OutputTablesTest {
    private static final Cap CAP = new Cap(50, 120, 16);
    private static final Path DIRECTORY = temporaryDirectory();
    private static final AgroalDataSource DATABASE = Databases.logs(DIRECTORY.resolve("logs.db"));

    private static Path temporaryDirectory() {
        try {
            return Files.createTempDirectory("output");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterContainer
    static void remove() throws IOException {
        DATABASE.close();
        try (Stream<Path> files = Files.walk(DIRECTORY)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Every byte is either there as it was written or inside an explicit gap; beginning and end are always there. */
    @Property(tries = 100)
    void keepsHeadAndTailAndAccountsForEveryByte(
            @ForAll @Size(min = 1, max = 30) List<@IntRange(min = 1, max = 70) Integer> lengths) throws SQLException {
        String execution = "story";
        byte[] written = new byte[0];
        try (var connection = DATABASE.getConnection()) {
            connection.setAutoCommit(false);
            var tables = new OutputTables(connection, CAP);
            for (int length : lengths) {
                byte[] more = new byte[length];
                for (int i = 0; i < length; i++) {
                    more[i] = (byte) (written.length + i);
                }
                assertThat(tables.append(execution, new LogAppend(1, written.length, Bytes.of(more), "c"))
                                .accepted())
                        .isTrue();
                assertThat(tables.append(execution, new LogAppend(1, written.length, Bytes.of(more), "c"))
                                .accepted())
                        .isFalse();
                written = concat(written, more);
                check(tables, execution, written);
            }
            connection.rollback();
        }
    }

    private static void check(OutputTables tables, String execution, byte[] written) throws SQLException {
        long at = 0;
        long kept = 0;
        long gaps = 0;
        Optional<Stored> next = tables.at(execution, at);
        while (next.isPresent()) {
            switch (next.get()) {
                case Stored.Output output -> {
                    assertThat(output.offset()).isEqualTo(at);
                    assertThat(output.bytes().length()).isBetween(1, CAP.piece());
                    assertThat(output.bytes().toArray())
                            .isEqualTo(Arrays.copyOfRange(written, (int) at, (int) output.end()));
                    kept += output.bytes().length();
                }
                case Stored.Gap gap -> {
                    assertThat(gap.offset()).isEqualTo(at).isEqualTo(CAP.head());
                    gaps++;
                }
            }
            at = next.get().end();
            next = tables.at(execution, at);
        }
        assertThat(at).isEqualTo(written.length);
        assertThat(kept).isLessThanOrEqualTo(CAP.head() + CAP.tail());
        if (written.length <= CAP.head() + CAP.tail()) {
            assertThat(gaps).isZero();
        } else {
            assertThat(gaps).isEqualTo(1);
            assertThat(kept).isGreaterThan(CAP.head() + CAP.tail() - CAP.piece());
        }
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] joined = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, joined, first.length, second.length);
        return joined;
    }
}
