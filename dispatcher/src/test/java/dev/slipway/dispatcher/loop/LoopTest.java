package dev.slipway.dispatcher.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.dispatcher.Databases;
import dev.slipway.dispatcher.FlakyDatabase;
import dev.slipway.dispatcher.access.Refusal;
import dev.slipway.dispatcher.core.Answer;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Limits;
import dev.slipway.dispatcher.core.Reply;
import dev.slipway.dispatcher.core.Source;
import dev.slipway.dispatcher.core.State;
import dev.slipway.dispatcher.core.TestLimits;
import dev.slipway.dispatcher.ledger.Details;
import dev.slipway.dispatcher.ledger.Ledger;
import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.Bytes;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import io.agroal.api.AgroalDataSource;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoopTest {
    private static final Limits LIMITS = TestLimits.of(0, 100);
    private static final Duration LONG = Duration.ofMinutes(1);

    @TempDir
    Path directory;

    private AgroalDataSource database;
    private FlakyDatabase flaky;
    private Ledger ledger;
    private final Runs runs = new Runs();
    private final List<Loop> loops = new ArrayList<>();
    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();

    @BeforeEach
    void open() throws SQLException {
        database = Databases.ledger(directory.resolve("ledger.db"));
        flaky = new FlakyDatabase(database);
        ledger = Ledger.open(flaky.dataSource(), database);
    }

    @AfterEach
    void close() {
        loops.forEach(Loop::close);
        callers.shutdownNow();
        callers.close();
        database.close();
    }

    private Loop loop(Duration hold, Observer... observers) throws SQLException {
        Loop loop = new Loop(ledger, LIMITS, InstantSource.system(), List.of(observers), hold);
        loops.add(loop);
        return loop;
    }

    private static Reply submit(Loop loop, String id) {
        var event = new Event.Submit(id, true, "task-" + id, Source.API, 0, false, OptionalLong.empty());
        return loop.submit(
                event, new Details(Optional.empty(), Map.of(), Optional.empty(), Bytes.of(new byte[] {'{', '}'})));
    }

    private static ExecutorSync sync(long seq, String session, ExecutorSync.Run... runs) {
        return new ExecutorSync(1, seq, BackendKind.DIRECT, 0, session, false, List.of(runs), List.of(), "");
    }

    private static String session(Loop loop) {
        return loop.ask((state, _, _) -> state.session());
    }

    private static boolean isHeld(Loop loop, String executor, long seq) {
        return loop.ask((state, _, _) -> state.executor(executor)
                .filter(e ->
                        e.asking() && e.last().filter(last -> last.seq() == seq).isPresent())
                .isPresent());
    }

    private <T> Future<T> call(Callable<T> call) {
        return callers.submit(call);
    }

    private static int status(Throwable e) {
        return e instanceof Refusal refusal ? refusal.status() : 0;
    }

    @Test
    void whatIsAnsweredIsDurable() throws SQLException {
        Loop loop = loop(LONG);
        assertThat(submit(loop, "e1")).isInstanceOf(Reply.Queued.class);
        State onDisk = Ledger.open(database, database).load("other");
        assertThat(onDisk.execution("e1")).isPresent();
    }

    @Test
    void aFailedCommitIsRefusedAndForgotten() throws SQLException {
        Loop loop = loop(LONG, runs);
        flaky.full(true);
        assertThatThrownBy(() -> submit(loop, "e1"))
                .satisfies(e -> assertThat(status(e)).isEqualTo(503));
        assertThat(loop.isReady()).isFalse();
        flaky.full(false);
        await().until(loop::isReady);
        assertThat(loop.<Boolean>ask((state, _, _) -> state.execution("e1").isPresent()))
                .isFalse();
        assertThat(runs.isKnown("e1")).isFalse();
        assertThat(submit(loop, "e1")).isInstanceOf(Reply.Queued.class);
    }

    @Test
    void staysUnreadyWhileCommitsFailThoughNobodyAsksForOne() throws SQLException {
        var failures = new AtomicInteger();
        Loop loop = loop(LONG, new Observer() {
            @Override
            public void failed() {
                failures.incrementAndGet();
            }
        });
        flaky.full(true);
        assertThatThrownBy(() -> submit(loop, "e1")).isInstanceOf(Refusal.class);
        await().until(() -> failures.get() >= 3);
        assertThat(loop.isReady()).isFalse();
    }

    @Test
    void aFailedCommitBeginsANewSessionSoThatExecutorsReportAgain() throws SQLException {
        Loop loop = loop(LONG);
        String before = session(loop);
        flaky.full(true);
        assertThatThrownBy(() -> submit(loop, "e1")).isInstanceOf(Refusal.class);
        flaky.full(false);
        await().until(loop::isReady);
        assertThat(session(loop)).isNotEqualTo(before);
    }

    @Test
    void aFailedCommitRefusesTheCallsThatAreHeld() throws Exception {
        Loop loop = loop(LONG);
        String session = session(loop);
        loop.sync("x1", sync(1, ""));
        var held = call(() -> loop.sync("x1", sync(2, session)));
        await().until(() -> isHeld(loop, "x1", 2));
        flaky.full(true);
        assertThatThrownBy(() -> submit(loop, "e1")).isInstanceOf(Refusal.class);
        assertThatThrownBy(held::get).hasCauseInstanceOf(Refusal.class);
    }

    @Test
    void nothingThatIsThrownEndsTheLoop() throws SQLException {
        var broken = new AtomicInteger();
        InstantSource clock = () -> {
            if (broken.getAndDecrement() > 0) {
                throw new AssertionError("the clock is broken");
            }
            return Instant.EPOCH;
        };
        Loop loop = new Loop(ledger, LIMITS, clock, List.of(), LONG);
        loops.add(loop);
        broken.set(2);
        await().until(() -> broken.get() < 0);
        await().until(loop::isReady);
        assertThat(submit(loop, "e1")).isInstanceOf(Reply.Queued.class);
    }

    @Test
    void aBrokenObserverHarmsNobody() throws SQLException {
        Loop loop = loop(
                LONG,
                new Observer() {
                    @Override
                    public void committed(Batch batch, State state) {
                        throw new IllegalStateException("an observer is broken");
                    }
                },
                runs);
        assertThat(submit(loop, "e1")).isInstanceOf(Reply.Queued.class);
        assertThat(runs.isKnown("e1")).isTrue();
        assertThat(loop.isReady()).isTrue();
    }

    @Test
    void aQuestionThatFailsHarmsOnlyItsAsker() throws SQLException {
        Loop loop = loop(LONG);
        assertThatThrownBy(() -> loop.ask((_, _, _) -> {
                    throw new IllegalArgumentException("no such thing");
                }))
                .hasMessage("no such thing");
        assertThat(loop.isReady()).isTrue();
    }

    @Test
    void aHeldSyncIsAnsweredWhenThereIsWork() throws Exception {
        Loop loop = loop(LONG);
        String session = session(loop);
        assertThat(loop.sync("x1", sync(1, "")).session()).isEqualTo(session);
        var held = call(() -> loop.sync("x1", sync(2, session)));
        await().until(() -> isHeld(loop, "x1", 2));
        submit(loop, "e1");
        assertThat(held.get().answer().launch()).containsExactly(new ExecutionKey("e1", 1));
    }

    @Test
    void aHeldSyncIsAnsweredEmptyWhenItsTimeIsUp() throws SQLException {
        Loop loop = loop(Duration.ofMillis(20));
        String session = session(loop);
        loop.sync("x1", sync(1, ""));
        Answer.ToExecutor answer = loop.sync("x1", sync(2, session)).answer();
        assertThat(answer.launch()).isEmpty();
        assertThat(answer.seq()).isEqualTo(2);
        assertThat(isHeld(loop, "x1", 2)).isFalse();
    }

    @Test
    void aNewerSyncEndsAHeldOne() throws Exception {
        Loop loop = loop(LONG);
        String session = session(loop);
        loop.sync("x1", sync(1, ""));
        var older = call(() -> loop.sync("x1", sync(2, session)));
        await().until(() -> isHeld(loop, "x1", 2));
        var newer = call(() -> loop.sync("x1", sync(3, session)));
        assertThat(older.get().answer().launch()).isEmpty();
        await().until(() -> isHeld(loop, "x1", 3));
        submit(loop, "e1");
        assertThat(newer.get().answer().launch()).hasSize(1);
    }

    @Test
    void anOutdatedSyncIsAConflict() throws SQLException {
        Loop loop = loop(Duration.ofMillis(20));
        String session = session(loop);
        loop.sync("x1", sync(1, ""));
        loop.sync("x1", sync(5, session));
        assertThatThrownBy(() -> loop.sync("x1", sync(4, session)))
                .satisfies(e -> assertThat(status(e)).isEqualTo(409));
    }

    @Test
    void aConnectorIsHandedWhatItHasToWrite() throws Exception {
        Loop loop = loop(LONG);
        loop.sync("c1", connectorSync(1));
        var held = call(() -> loop.sync("c1", connectorSync(2)));
        await().until(() -> loop.<Boolean>ask(
                (state, _, _) -> state.connector("c1").orElseThrow().asking()));
        loop.submit(
                new Event.Submit("e1", true, "t1", Source.CONTROL_PLANE, 0, false, OptionalLong.empty()),
                new Details(Optional.empty(), Map.of(), Optional.empty(), Bytes.EMPTY));
        assertThat(held.get().answer().messages()).hasSize(1);
    }

    private static ConnectorSync connectorSync(long seq) {
        return new ConnectorSync(1, seq, true, List.of(), List.of(), List.of(), List.of(), 0, 0);
    }

    @Test
    void whatWaitsTogetherIsStoredTogether() throws Exception {
        Loop loop = loop(LONG);
        var asked = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        var busy = call(() -> loop.ask((_, _, _) -> block(asked, release)));
        asked.await();
        int before = flaky.commits();
        List<Future<Reply>> replies = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            String id = "e" + i;
            replies.add(call(() -> submit(loop, id)));
        }
        await().until(() -> loop.waiting() == 50);
        release.countDown();
        busy.get();
        for (Future<Reply> reply : replies) {
            assertThat(reply.get()).isInstanceOf(Reply.Queued.class);
        }
        assertThat(flaky.commits() - before).isEqualTo(1);
    }

    @Test
    void refusesCallsAtOnceWhenTooManyWait() throws Exception {
        Loop loop = loop(LONG);
        var asked = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        var busy = call(() -> loop.ask((_, _, _) -> block(asked, release)));
        asked.await();
        List<Future<Reply>> waiting = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            waiting.add(call(() -> loop.decide(new Event.Tick())));
        }
        await().until(() -> loop.waiting() == 1_000);
        assertThatThrownBy(() -> loop.decide(new Event.Tick()))
                .satisfies(e -> assertThat(status(e)).isEqualTo(503));
        release.countDown();
        busy.get();
        for (Future<Reply> one : waiting) {
            one.get();
        }
    }

    private static boolean block(CountDownLatch asked, CountDownLatch release) {
        asked.countDown();
        try {
            release.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return true;
    }

    @Test
    void refusesWhoComesAfterItIsClosed() throws SQLException {
        Loop loop = loop(LONG);
        loop.close();
        assertThatThrownBy(() -> submit(loop, "e1"))
                .satisfies(e -> assertThat(status(e)).isEqualTo(503));
        assertThat(loop.isReady()).isFalse();
    }

    @Test
    void closingRefusesTheCallsThatAreHeld() throws Exception {
        Loop loop = loop(LONG);
        String session = session(loop);
        loop.sync("x1", sync(1, ""));
        var held = call(() -> loop.sync("x1", sync(2, session)));
        await().until(() -> isHeld(loop, "x1", 2));
        loop.close();
        assertThatThrownBy(held::get).hasCauseInstanceOf(Refusal.class);
    }

    @Test
    void knowsWhichExecutionsAreOpen() throws SQLException {
        Loop loop = loop(LONG, runs);
        assertThat(runs.isOpen("e1")).isFalse();
        submit(loop, "e1");
        assertThat(runs.isOpen("e1")).isTrue();
        var again = new Runs();
        loop(LONG, again);
        assertThat(again.isOpen("e1")).isTrue();
        loop.decide(new Event.CancelExecution("e1", "user"));
        assertThat(runs.isOpen("e1")).isFalse();
        assertThat(runs.isKnown("e1")).isTrue();
    }

    @Test
    void onlyAFailingStoreIsBlamedOnTheDisk() throws SQLException {
        Loop loop = loop(LONG);
        flaky.full(true);
        assertThatThrownBy(() -> submit(loop, "e1"))
                .hasMessageContaining("disk")
                .hasMessageContaining("not certain");
        flaky.full(false);
        await().until(loop::isReady);
        flaky.broken(true);
        assertThatThrownBy(() -> submit(loop, "e1")).hasMessageContaining("unexpected");
    }

    @Test
    void knowsAttemptsAndTracesAgainAfterARestart() throws SQLException {
        Loop first = loop(LONG, runs);
        String session = session(first);
        submit(first, "e1");
        first.sync("x1", sync(1, ""));
        first.sync("x1", sync(2, session));
        assertThat(runs.attempt("e1")).contains(1);
        first.close();
        var again = new Runs();
        loop(LONG, again);
        assertThat(again.attempt("e1")).contains(1);
        assertThat(again.attempt("e2")).isEmpty();
    }
}
