package dev.slipway.dispatcher.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.dispatcher.FlakyDatabase;
import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Message;
import dev.slipway.dispatcher.core.Peer;
import dev.slipway.dispatcher.core.Source;
import dev.slipway.dispatcher.core.State;
import dev.slipway.protocol.Api;
import dev.slipway.protocol.Bytes;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.Outcome;
import dev.slipway.protocol.StopCause;
import dev.slipway.protocol.TaskState;
import io.agroal.api.AgroalDataSource;
import java.sql.SQLException;
import java.util.AbstractList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the ledger owes, on every store. */
abstract class LedgerContract {
    private @Nullable AgroalDataSource opened;

    /** An empty database with the schema. */
    abstract AgroalDataSource empty();

    final DataSource database() {
        opened = empty();
        return opened;
    }

    @AfterEach
    void close() {
        if (opened != null) {
            opened.close();
        }
    }

    static Ledger open(DataSource database) throws SQLException {
        return Ledger.open(database, database);
    }

    private Story story() throws SQLException {
        return new Story(open(database()));
    }

    private static void assertSame(State reopened, State memory) {
        assertThat(reopened.ledger()).isEqualTo(memory.ledger());
        assertThat(reopened.executions()).containsExactlyInAnyOrderElementsOf(memory.executions());
        assertThat(reopened.queue()).containsExactlyElementsOf(memory.queue());
        assertThat(reopened.outbox()).containsExactlyElementsOf(memory.outbox());
        assertThat(reopened.executors().stream().map(LedgerContract::durable))
                .containsExactlyInAnyOrderElementsOf(
                        memory.executors().stream().map(LedgerContract::durable).toList());
    }

    private static List<Object> durable(Peer.Executor executor) {
        return List.of(executor.id(), executor.incarnation(), executor.backend(), executor.drained());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void holdsTheStateThatTheCoreHas(int seed) throws SQLException {
        Story story = story();
        var chance = new RandomEvents(seed, story);
        for (int i = 0; i < 150; i++) {
            chance.next();
            if (i % 10 == 0) {
                assertSame(story.ledger().load("other"), story.state());
            }
        }
        assertSame(story.ledger().load("other"), story.state());
        assertThat(story.kinds()).as("the story is worth telling").hasSizeGreaterThanOrEqualTo(9);
    }

    @Test
    void keepsItsIdWhenItIsOpenedAgain() throws SQLException {
        DataSource database = database();
        assertThat(open(database).id()).isEqualTo(open(database).id());
    }

    @Test
    void aFailedCommitChangesNothing() throws SQLException {
        Story story = story();
        story.submit("e1", "t1", Source.API);
        Execution execution = story.state().execution("e1").orElseThrow();
        var removed = new Change.MessageRemoved(4711);
        assertThatThrownBy(() -> story.ledger().commit(List.of(new Change.Claimed(execution.id()), removed), Map.of()))
                .isInstanceOf(IllegalStateException.class);
        assertSame(story.ledger().load("other"), story.state());
    }

    @Test
    void anErrorInACommitLeavesNothingOfIt() throws SQLException {
        Story story = story();
        story.submit("e1", "t1", Source.CONTROL_PLANE);
        var moreChanges = new AbstractList<Change.Durable>() {
            @Override
            public Change.Durable get(int index) {
                if (index == 1) {
                    throw new AssertionError("no memory is left");
                }
                return new Change.Claimed("e1");
            }

            @Override
            public int size() {
                return 2;
            }
        };
        assertThatThrownBy(() -> story.ledger().commit(moreChanges, Map.of())).isInstanceOf(AssertionError.class);
        assertSame(story.ledger().load("other"), story.state());
    }

    @Test
    void aFailingRollbackDoesNotHideWhyTheCommitFailed() throws SQLException {
        DataSource database = database();
        var flaky = new FlakyDatabase(database);
        Ledger ledger = Ledger.open(flaky.dataSource(), database);
        flaky.full(true);
        assertThatThrownBy(ledger::probe)
                .hasMessage("database or disk is full")
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    }

    @Test
    void givesNoNumberTwiceThoughItsMessageIsGoneAndTheClockWentBack() throws SQLException {
        Story story = story();
        story.submit("e1", "t1", Source.CONTROL_PLANE);
        long given = story.state().outbox().iterator().next().id();
        story.confirmEverything();
        assertThat(story.state().outbox()).isEmpty();

        Story later = new Story(story.ledger(), story.now() - 1_000_000);
        later.submit("e2", "t2", Source.CONTROL_PLANE);
        assertThat(later.state().outbox()).extracting(Message::id).allMatch(id -> id > given);
        assertThat(later.state().execution("e2").orElseThrow().seq()).isGreaterThan(given);
    }

    @Test
    void showsATaskWithWhatOnlyTheLedgerKnows() throws SQLException {
        Story story = story();
        story.submit("e1", "t1", Source.API);
        StoredTask queued = story.ledger().find("e1").orElseThrow();
        assertThat(queued.title()).contains("title of e1");
        assertThat(queued.labels()).containsExactlyInAnyOrderEntriesOf(Map.of("name", "e1", "team", "blue"));
        assertThat(queued.traceparent()).contains(Story.TRACEPARENT);
        assertThat(queued.outcome()).isEmpty();

        story.runTo("e1", new Ending.Exited(3, FailureReason.AGENT_INVOCATION, "it\0exited with 3", false));
        StoredTask failed = story.ledger().find("t1").orElseThrow();
        assertThat(failed.executor()).contains("x1");
        assertThat(failed.outcome())
                .contains(new Outcome.Failed(FailureReason.AGENT_INVOCATION, "it exited with 3", OptionalInt.of(3)));
    }

    @Test
    void stillShowsWhyAnEndedTaskWasStopped() throws SQLException {
        Story story = story();
        story.submit("e1", "t1", Source.API);
        story.launch();
        story.play(new Event.CancelExecution("e1", "user"));
        story.finish("e1", new Ending.NotStarted(FailureReason.TASK_CANCELLED, "revoked", false));
        StoredTask cancelled = story.ledger().find("e1").orElseThrow();
        assertThat(cancelled.stopCause()).contains(StopCause.USER);
        assertThat(cancelled.outcome()).contains(new Outcome.Cancelled());
    }

    @Test
    void findsTheNewestExecutionOfATask() throws SQLException {
        Story story = story();
        story.submit("e1", "t", Source.API);
        story.submit("e2", "t", Source.API);
        assertThat(story.ledger().find("t").orElseThrow().execution().id()).isEqualTo("e2");
        assertThat(story.ledger().find("e1").orElseThrow().execution().id()).isEqualTo("e1");
        assertThat(story.ledger().find("nothing")).isEmpty();
    }

    @Test
    void erasesThePayloadOfTheControlPlaneWhenItsTaskHasEnded() throws SQLException {
        Story story = story();
        story.submit("theirs", "t1", Source.CONTROL_PLANE);
        story.confirmEverything();
        story.submit("ours", "t2", Source.API);
        assertThat(payload(story, "theirs")).contains(Story.payload("theirs"));
        story.runTo("theirs", new Ending.Exited(0, FailureReason.UNKNOWN, "", false));
        story.runTo("ours", new Ending.Exited(0, FailureReason.UNKNOWN, "", false));
        assertThat(payload(story, "theirs")).isEmpty();
        assertThat(payload(story, "ours")).contains(Story.payload("ours"));
    }

    private static Optional<Bytes> payload(Story story, String execution) {
        return story.ledger().payload(execution).map(Bytes::of);
    }

    @Test
    void listsNewestFirstByStateSourceAndLabelsInPages() throws SQLException {
        Story story = story();
        for (int i = 1; i <= 5; i++) {
            story.submit("e" + i, "t" + i, i % 2 == 0 ? Source.CONTROL_PLANE : Source.API);
        }
        story.play(new Event.CancelExecution("e3", "user"));
        assertThat(list(story, Optional.empty(), Optional.empty(), Map.of(), OptionalLong.empty()))
                .containsExactly("e5", "e4", "e3");
        long third = story.state().execution("e3").orElseThrow().seq();
        assertThat(list(story, Optional.empty(), Optional.empty(), Map.of(), OptionalLong.of(third)))
                .containsExactly("e2", "e1");
        assertThat(list(story, Optional.of(TaskState.CANCELLED), Optional.empty(), Map.of(), OptionalLong.empty()))
                .containsExactly("e3");
        assertThat(list(story, Optional.empty(), Optional.of(Source.CONTROL_PLANE), Map.of(), OptionalLong.empty()))
                .containsExactly("e4", "e2");
        assertThat(list(
                        story,
                        Optional.of(TaskState.QUEUED),
                        Optional.of(Source.API),
                        Map.of("team", "blue", "name", "e1"),
                        OptionalLong.empty()))
                .containsExactly("e1");
        assertThat(list(story, Optional.empty(), Optional.empty(), Map.of("name", "e"), OptionalLong.empty()))
                .isEmpty();
    }

    private static List<String> list(
            Story story,
            Optional<TaskState> state,
            Optional<Source> source,
            Map<String, String> labels,
            OptionalLong before) {
        return story.ledger().list(new TaskQuery(state, source, labels, before, 3)).stream()
                .map(task -> task.execution().id())
                .toList();
    }

    @Test
    void keepsEveryTransitionInOrder() throws SQLException {
        Story story = story();
        story.submit("e1", "t1", Source.API);
        story.submit("e2", "t2", Source.API);
        story.runTo("e1", new Ending.Exited(0, FailureReason.UNKNOWN, "", false));
        List<Api.Event> events = story.ledger().eventsOf("e1");
        assertThat(events)
                .extracting(Api.Event::to)
                .containsExactly(TaskState.QUEUED, TaskState.LAUNCHING, TaskState.RUNNING, TaskState.SUCCEEDED);
        assertThat(events.getFirst().from()).isEmpty();
        assertThat(events.getLast().actor()).isEqualTo("executor:x1");
        assertThat(events.getLast().attempt()).isEqualTo(1);

        List<Api.Event> all = story.ledger().eventsAfter(0, 100);
        assertThat(all).extracting(Api.Event::seq).isSorted().doesNotHaveDuplicates();
        assertThat(story.ledger().lastEvent()).isEqualTo(all.getLast().seq());
        assertThat(story.ledger().eventsAfter(all.getFirst().seq(), 1)).containsExactly(all.get(1));
    }

    @Test
    void remembersWhichTraceAnExecutionBelongsTo() throws SQLException {
        Story story = story();
        story.submit("e1", "t1", Source.API);
        assertThat(story.ledger().traceparents()).containsExactly(Map.entry("e1", Story.TRACEPARENT));
    }

    @Test
    void provesThatItTakesCommitsWithoutChangingAnything() throws SQLException {
        Story story = story();
        story.submit("e1", "t1", Source.API);
        story.ledger().probe();
        assertSame(story.ledger().load("other"), story.state());
    }

    @Test
    void refusesAReportOfAnOlderIncarnationAlsoAfterReopening() throws SQLException {
        Story story = story();
        story.submit("e1", "t1", Source.API);
        story.launch();
        Peer.Executor executor = story.ledger().load("other").executor("x1").orElseThrow();
        assertThat(executor.incarnation())
                .isEqualTo(story.state().executor("x1").orElseThrow().incarnation());
        assertThat(executor.last()).as("only what is durable").isEqualTo(Optional.<ExecutorSync>empty());
    }
}
