package dev.slipway.simulation;

import dev.slipway.dispatcher.core.Answer;
import dev.slipway.dispatcher.core.Decider;
import dev.slipway.dispatcher.core.Decision;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Limits;
import dev.slipway.dispatcher.core.Reply;
import dev.slipway.dispatcher.core.State;
import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.SyncAnswer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * One process of the dispatcher: the loop around the {@link Decider}. It takes what has come in as a batch, decides, commits,
 * and only then tells anyone.
 */
class DispatcherProcess extends SimulatedProcess {
    private static final long HOLD = 3_000;
    private static final long TICK = 1_000;

    private record Pending(Call call, Consumer<Response> respond) {}

    private record HeldCall(String peer, long incarnation, long seq) {}

    private final FakeLedger ledger;
    private final Limits limits;
    private final SplittableRandom chance;
    private final List<Pending> inbox = new ArrayList<>();
    private final Map<HeldCall, Consumer<Response>> held = new LinkedHashMap<>();
    private Decider decider;
    private State state;
    private int restorations;
    private boolean busy;

    DispatcherProcess(World world, FakeLedger ledger, Limits limits, int life) {
        super(world, "dispatcher " + life);
        this.ledger = ledger;
        this.limits = limits;
        this.chance = world.chance("dispatcher");
        this.state = ledger.restore(name() + "/0");
        this.decider = new Decider(state, limits);
    }

    @Override
    void start() {
        tick();
    }

    State state() {
        return state;
    }

    /** A call arrives. */
    final void receive(Call call, Consumer<Response> respond) {
        if (isDead()) {
            respond.accept(new Response.Broken());
        } else {
            inbox.add(new Pending(new Call(seen(call.event()), call.payload()), respond));
            wake();
        }
    }

    /** The event as the loop sees it. */
    Event seen(Event event) {
        return event;
    }

    /** Every caller's connection breaks. */
    @Override
    void die() {
        super.die();
        inbox.forEach(pending -> pending.respond().accept(new Response.Broken()));
        held.values().forEach(respond -> respond.accept(new Response.Broken()));
        inbox.clear();
        held.clear();
    }

    private void tick() {
        inbox.add(new Pending(Call.of(new Event.Tick()), _ -> {}));
        wake();
        later(TICK, "tick", this::tick);
    }

    private void wake() {
        if (!busy) {
            busy = true;
            later(chance.nextLong(4), "takes a batch", this::batch);
        }
    }

    private void batch() {
        List<Pending> taken = List.copyOf(inbox);
        inbox.clear();
        Batch batch = new Batch(ledger);
        for (Pending pending : taken) {
            world.rules().asks(pending.call().event());
            Decision decision = decide(pending.call().event());
            batch.add(decision);
            batch.add(new Batch.Told(pending.respond(), pending.call().event(), decision.reply()));
            if (decision.reply() instanceof Reply.Queued(Execution execution)) {
                batch.add(execution.id(), pending.call().payload().orElseThrow());
            }
        }
        batch.add(decider.settle(world.now()));
        conclude(batch);
    }

    Decision decide(Event event) {
        return decider.decide(event, world.now());
    }

    /** The end of a batch: first it is made durable, then it is told. */
    void conclude(Batch batch) {
        later(chance.nextLong(4), "commits", () -> {
            if (isDurable(batch)) {
                later(chance.nextLong(2), "answers", () -> {
                    tell(batch);
                    goOn();
                });
            } else {
                goOn();
            }
        });
    }

    /** Tries to commit; false if that failed or the process died over it. */
    final boolean isDurable(Batch batch) {
        if (world.crashesAt(Action.Moment.BEFORE_COMMIT, batch.rows())) {
            world.met(Happening.DISPATCHER_DIED_BEFORE_COMMIT);
            batch.refuse(new Response.Broken());
            return false;
        }
        Optional<Action.FailCommit> failure = world.commitFailure(batch.rows());
        if (failure.isEmpty() || failure.get().stored()) {
            commit(batch);
        }
        if (failure.isPresent()) {
            world.met(failure.get().stored() ? Happening.COMMIT_FAILED_BUT_STORED : Happening.COMMIT_FAILED);
            batch.refuse(new Response.Unavailable());
            restore();
            return false;
        }
        if (world.crashesAt(Action.Moment.AFTER_COMMIT, batch.rows())) {
            world.met(Happening.DISPATCHER_DIED_AFTER_COMMIT);
            batch.refuse(new Response.Broken());
            return false;
        }
        return true;
    }

    private void commit(Batch batch) {
        world.rules().transaction(batch.rows());
        batch.payloads().forEach(ledger::store);
        if (chance.nextInt(20) == 0) {
            world.rules().memoryEqualsRows(state, ledger.restore(name()));
        }
    }

    final void tell(Batch batch) {
        batch.replies().forEach(this::tell);
        batch.answers().forEach(answer -> answer(answer, batch));
    }

    final void goOn() {
        busy = false;
        if (!inbox.isEmpty()) {
            wake();
        }
    }

    /** Drops what was decided and not stored; whoever waits for an answer gets none. */
    private void restore() {
        held.values().forEach(respond -> respond.accept(new Response.Unavailable()));
        held.clear();
        restorations++;
        world.rules().dispatcherForgets();
        goOnWith(ledger.restore(name() + "/" + restorations));
    }

    final void goOnWith(State other) {
        state = other;
        decider = new Decider(state, limits);
    }

    private void tell(Batch.Told told) {
        switch (told.reply()) {
            case Reply.Outdated() -> {
                world.met(Happening.REPORT_REFUSED);
                told.respond().accept(new Response.Refused());
            }
            case Reply.Done()
            when told.event() instanceof Event.ExecutorReport(var executor, var sync) ->
                hold(
                        new HeldCall(executor, sync.incarnation(), sync.seq()),
                        told.respond(),
                        new Event.ExecutorHoldOver(executor, sync.incarnation(), sync.seq()));
            case Reply.Done()
            when told.event() instanceof Event.ConnectorReport(var connector, var sync) ->
                hold(
                        new HeldCall(connector, sync.incarnation(), sync.seq()),
                        told.respond(),
                        new Event.ConnectorHoldOver(connector, sync.incarnation(), sync.seq()));
            default -> {
                world.rules().told(told.event(), told.reply());
                told.respond().accept(new Response.Replied(told.reply()));
            }
        }
    }

    private void hold(HeldCall call, Consumer<Response> respond, Event over) {
        held.put(call, respond);
        later(HOLD, "holds no longer", () -> {
            if (held.containsKey(call)) {
                world.met(Happening.REPORT_HELD_OVER);
                inbox.add(new Pending(Call.of(over), _ -> {}));
                wake();
            }
        });
    }

    private void answer(Answer answer, Batch batch) {
        switch (answer) {
            case Answer.ToExecutor to -> {
                to.launch().forEach(key -> world.rules().handsOut(to.executor(), new RunId(ledger.id(), key)));
                respond(to.executor(), to, new Response.Synced(payloads(to, batch)));
            }
            case Answer.ToConnector to ->
                respond(
                        to.connector(),
                        to,
                        new Response.ConnectorSynced(new ConnectorSync.Answer(
                                to.messages().stream()
                                        // In the same batch, what came later may have forgotten it.
                                        .filter(message -> state.execution(message.executionId())
                                                .isPresent())
                                        .map(message -> new ConnectorSync.Message(
                                                message.id(),
                                                state.execution(message.executionId())
                                                        .orElseThrow()
                                                        .requestedId(),
                                                message.taskId(),
                                                switch (message.kind()) {
                                                    case CLAIM -> Optional.empty();
                                                    case RESULT -> batch.outcome(message.executionId());
                                                }))
                                        .toList(),
                                to.drop())));
        }
    }

    private SyncAnswer payloads(Answer.ToExecutor answer, Batch batch) {
        return new SyncAnswer(
                ledger.id(),
                state.session(),
                answer.launch().stream()
                        .map(key -> new SyncAnswer.Launch(key, batch.payload(key.execution())))
                        .toList(),
                answer.stop().stream()
                        .map(key -> new SyncAnswer.Stop(key, limits.times().stopGrace()))
                        .toList(),
                answer.ack(),
                answer.drop());
    }

    private void respond(String peer, Answer answer, Response response) {
        Consumer<Response> respond = held.remove(new HeldCall(peer, answer.incarnation(), answer.seq()));
        if (respond != null) {
            respond.accept(response);
        }
    }
}
