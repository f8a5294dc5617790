package dev.slipway.dispatcher.ledger;

import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.core.Decider;
import dev.slipway.dispatcher.core.Decision;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Life;
import dev.slipway.dispatcher.core.Limits;
import dev.slipway.dispatcher.core.Message;
import dev.slipway.dispatcher.core.Source;
import dev.slipway.dispatcher.core.State;
import dev.slipway.dispatcher.core.TestLimits;
import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.Bytes;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutorSync;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Plays events to a real decider, and commits what it decides: one event a batch. */
final class Story {
    static final String TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static final Limits LIMITS = TestLimits.of(3, 5, 60_000);

    private final Ledger ledger;
    private final State state;
    private final Decider decider;
    private final Set<String> kinds = new HashSet<>();
    private long now;
    private long seq;

    Story(Ledger ledger) throws SQLException {
        this(ledger, 1_800_000_000_000L);
    }

    Story(Ledger ledger, long now) throws SQLException {
        this.ledger = ledger;
        this.state = ledger.load("session");
        this.decider = new Decider(state, LIMITS);
        this.now = now;
    }

    Ledger ledger() {
        return ledger;
    }

    State state() {
        return state;
    }

    long now() {
        return now;
    }

    /** The kinds of changes that were committed so far, and the states that were reached. */
    Set<String> kinds() {
        return kinds;
    }

    void pass(long millis) {
        now += millis;
    }

    static Bytes payload(String execution) {
        return Bytes.of(("{\"payload of\": \"" + execution + "\"}").getBytes(StandardCharsets.UTF_8));
    }

    void play(Event event) throws SQLException {
        now += 1;
        Decision decided = decider.decide(event, now);
        Decision settled = decider.settle(now);
        List<Change.Durable> durable = new ArrayList<>();
        Map<String, Details> details = new HashMap<>();
        for (List<Change> changes : List.of(decided.changes(), settled.changes())) {
            for (Change change : changes) {
                if (change instanceof Change.Durable one) {
                    durable.add(one);
                    kinds.add(
                            one instanceof Change.Moved moved
                                    ? moved.to().state().wireName()
                                    : one.getClass().getSimpleName());
                }
                if (change instanceof Change.Accepted(var execution)) {
                    details.put(execution.id(), details(execution.id()));
                }
            }
        }
        ledger.commit(durable, details);
    }

    private static Details details(String execution) {
        return new Details(
                Optional.of("title of " + execution),
                Map.of("name", execution, "team", "blue"),
                Optional.of(TRACEPARENT),
                payload(execution));
    }

    void submit(String execution, String task, Source source) throws SQLException {
        play(new Event.Submit(
                source == Source.API ? 0 : 1,
                execution,
                true,
                task,
                source,
                0,
                false,
                source == Source.API ? OptionalLong.of(5_000) : OptionalLong.empty()));
    }

    /** The connector has written every claim, and everything was confirmed. */
    void confirmEverything() throws SQLException {
        List<Long> ids = state.outbox().stream().map(Message::id).toList();
        play(new Event.ConnectorReport("c", new ConnectorSync(1, ++seq, true, ids, ids, ids, List.of(), 0, 0)));
    }

    void report(String executor, List<ExecutorSync.Run> runs, List<ExecutorSync.Finished> finished)
            throws SQLException {
        play(new Event.ExecutorReport(
                executor,
                new ExecutorSync(1, ++seq, BackendKind.DIRECT, 0, state.session(), false, runs, finished, "")));
    }

    /** Executor x1 asks for work and gets what is ready. */
    void launch() throws SQLException {
        report("x1", List.of(), List.of());
    }

    /** Executor x1 reports that the execution's agent ended, and everything else as running. */
    void finish(String execution, Ending ending) throws SQLException {
        Execution one = state.execution(execution).orElseThrow();
        boolean ran = !(ending instanceof Ending.NotStarted);
        report(
                "x1",
                state.activeOn("x1").stream()
                        .filter(other -> !other.id().equals(execution))
                        .map(other -> new ExecutorSync.Run(
                                other.key(), other.life() instanceof Life.Running, false, ran ? now : 0, 0))
                        .toList(),
                List.of(new ExecutorSync.Finished(one.key(), ending, ran ? now : 0, now)));
    }

    void runTo(String execution, Ending ending) throws SQLException {
        launch();
        finish(execution, ending);
    }
}
