package dev.slipway.dispatcher.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.dispatcher.Databases;
import dev.slipway.dispatcher.FlakyDatabase;
import dev.slipway.dispatcher.access.Refusal;
import dev.slipway.protocol.Bytes;
import dev.slipway.protocol.LogAppend;
import io.agroal.api.AgroalDataSource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogStoreTest {
    @TempDir
    Path directory;

    private AgroalDataSource database;
    private LogStore store;

    @BeforeEach
    void open() {
        database = Databases.logs(directory.resolve("logs.db"));
        store = new LogStore(database, new Cap(100, 200, 32));
    }

    @AfterEach
    void close() {
        store.close();
        database.close();
    }

    private static LogAppend output(int attempt, long offset, String text, String cursor) {
        return new LogAppend(attempt, offset, Bytes.of(text.getBytes(StandardCharsets.UTF_8)), cursor);
    }

    private String text(String execution) {
        var text = new StringBuilder();
        Optional<Stored> next = store.read(execution, 0);
        while (next.isPresent()) {
            text.append(
                    switch (next.get()) {
                        case Stored.Output output -> new String(output.bytes().toArray(), StandardCharsets.UTF_8);
                        case Stored.Gap gap -> "<" + gap.missing() + ">";
                    });
            next = store.read(execution, next.get().end());
        }
        return text.toString();
    }

    @Test
    void appendsWhatBeginsWhereTheStoredOutputEnds() {
        assertThat(store.append("e", output(1, 0, "hello ", "c1"))).isEqualTo(new LogAppend.Position(6, "c1", true));
        assertThat(store.append("e", output(1, 6, "world", "c2"))).isEqualTo(new LogAppend.Position(11, "c2", true));
        assertThat(text("e")).isEqualTo("hello world");
    }

    @Test
    void refusesARepeatedOrEarlyAppendAndSaysWhereToGoOn() {
        store.append("e", output(1, 0, "hello", "c1"));
        assertThat(store.append("e", output(1, 0, "hello", "c1"))).isEqualTo(new LogAppend.Position(5, "c1", false));
        assertThat(store.append("e", output(1, 9, "late", "c9"))).isEqualTo(new LogAppend.Position(5, "c1", false));
        assertThat(text("e")).isEqualTo("hello");
    }

    @Test
    void refusesAnAttemptOlderThanOneThatHasWritten() {
        store.append("e", output(2, 0, "second", "c"));
        assertThat(store.append("e", output(1, 6, "first", "x")).accepted()).isFalse();
        assertThat(text("e")).isEqualTo("second");
    }

    @Test
    void givesTheCursorOnlyToTheAttemptThatStoredIt() {
        store.append("e", output(1, 0, "one", "c1"));
        assertThat(store.append("e", output(1, 0, "", "")).cursor()).isEqualTo("c1");
        assertThat(store.append("e", output(2, 3, "", "")).cursor()).isEmpty();
    }

    @Test
    void anEmptyAppendStoresNothing() {
        assertThat(store.append("e", output(1, 0, "", "c"))).isEqualTo(new LogAppend.Position(0, "", true));
        assertThat(store.read("e", 0)).isEmpty();
    }

    @Test
    void remembersOutputAndCursorAfterReopening() {
        store.append("e", output(1, 0, "hello", "c1"));
        store.close();
        store = new LogStore(database, new Cap(100, 200, 32));
        assertThat(store.append("e", output(1, 0, "", ""))).isEqualTo(new LogAppend.Position(5, "c1", false));
        assertThat(text("e")).isEqualTo("hello");
    }

    @Test
    void readsFromTheMiddleOfAPieceAndOfAGap() {
        store.append("e", output(1, 0, "x".repeat(1_000), "c"));
        assertThat(store.read("e", 5))
                .get()
                .isInstanceOfSatisfying(
                        Stored.Output.class,
                        output -> assertThat(output.offset()).isEqualTo(5));
        assertThat(store.read("e", 150)).get().isInstanceOfSatisfying(Stored.Gap.class, gap -> {
            assertThat(gap.offset()).isEqualTo(150);
            assertThat(gap.end()).isGreaterThanOrEqualTo(800);
        });
    }

    @Test
    void saysHowMuchWasWrittenAlsoOfWhatIsNotKept() {
        assertThat(store.length("e")).isZero();
        store.append("e", output(1, 0, "x".repeat(1_000), "c"));
        assertThat(store.length("e")).isEqualTo(1_000);
    }

    @Test
    void keepsTheSpaceOfDroppedPiecesForNewOnes() throws SQLException {
        long offset = 0;
        long early = 0;
        for (int i = 0; i < 400; i++) {
            offset =
                    store.append("e", output(1, offset, "y".repeat(1_000), "c")).length();
            early = i == 40 ? pages() : early;
        }
        assertThat(pages()).isLessThanOrEqualTo(early + 2);
    }

    private long pages() throws SQLException {
        try (var connection = database.getConnection();
                var row = connection.createStatement().executeQuery("pragma page_count")) {
            return row.getLong(1);
        }
    }

    @Test
    void takesAppendsOfManyExecutionsAtOnce() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> done = new ArrayList<>();
            for (int e = 0; e < 20; e++) {
                String execution = "e" + e;
                done.add(threads.submit(() -> {
                    for (int i = 0; i < 10; i++) {
                        store.append(execution, output(1, i * 5L, "12345", "c" + i));
                    }
                }));
            }
            for (Future<?> one : done) {
                one.get();
            }
        }
        for (int e = 0; e < 20; e++) {
            assertThat(text("e" + e)).isEqualTo("12345".repeat(10));
        }
    }

    @Test
    void wakesWhoFollowsTheExecutionAndNobodyElse() throws Exception {
        try (var follower = store.followers().follow("e");
                var other = store.followers().follow("o")) {
            store.append("e", output(1, 0, "news", "c"));
            assertThat(follower.await(Duration.ofSeconds(10))).isTrue();
            assertThat(follower.await(Duration.ZERO)).isFalse();
            assertThat(other.await(Duration.ZERO)).isFalse();
        }
    }

    @Test
    void forgetsOutputThatNobodyKnowsAnyMore() throws SQLException {
        store.append("known", output(1, 0, "a", "c"));
        store.append("unknown", output(1, 0, "b", "c"));
        store.retain("known"::equals);
        assertThat(text("known")).isEqualTo("a");
        assertThat(store.read("unknown", 0)).isEmpty();
        store.forget("known");
        store.append("other", output(1, 0, "c", "c"));
        assertThat(store.read("known", 0)).isEmpty();
    }

    @Test
    void refusesWith503WhenTheStoreCannotBeWritten() throws SQLException {
        try (var connection = database.getConnection();
                var statement = connection.createStatement()) {
            statement.execute("drop table piece");
        }
        assertThatThrownBy(() -> store.append("e", output(1, 0, "x", "c")))
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.status()).isEqualTo(503));
    }

    @Test
    void nothingThatIsThrownEndsTheWriterAndItIsReadyAgainOnceItCanWrite() {
        var flaky = new FlakyDatabase(database);
        try (var shaky = new LogStore(flaky.dataSource(), Cap.DEFAULT)) {
            assertThat(shaky.isReady()).isTrue();
            flaky.broken(true);
            assertThatThrownBy(() -> shaky.append("e", output(1, 0, "x", "c")))
                    .isInstanceOfSatisfying(
                            Refusal.class,
                            refusal -> assertThat(refusal.status()).isEqualTo(503));
            await().until(() -> !shaky.isReady());
            assertThat(shaky.read("e", 0)).as("half of it is not stored").isEmpty();
            flaky.broken(false);
            await().until(shaky::isReady);
            assertThat(shaky.append("e", output(1, 0, "x", "c")).accepted()).isTrue();
        }
    }

    @Test
    void isNotReadyOnceItIsClosed() {
        store.close();
        assertThat(store.isReady()).isFalse();
    }

    @Test
    void refusesWith503WhenItIsClosed() {
        store.close();
        assertThatThrownBy(() -> store.append("e", output(1, 0, "x", "c"))).isInstanceOf(Refusal.class);
    }
}
