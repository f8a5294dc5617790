package dev.slipway.simulation;

import dev.slipway.connector.outbox.Notice;
import dev.slipway.connector.outbox.Outbox;
import dev.slipway.dispatcher.core.Answer;
import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.core.Decision;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Life;
import dev.slipway.dispatcher.core.Limits;
import dev.slipway.dispatcher.core.Message;
import dev.slipway.dispatcher.core.Peer;
import dev.slipway.dispatcher.core.Preparation;
import dev.slipway.dispatcher.core.Reply;
import dev.slipway.dispatcher.core.RetryPolicy;
import dev.slipway.dispatcher.core.State;
import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** Worlds in which one part breaks a rule on purpose. If the simulator did not notice them, it would notice nothing. */
final class Mutants {
    private Mutants() {}

    /** What the dispatcher takes a report for, given what it knows of the executor. */
    private interface Hearing {
        ExecutorSync heard(ExecutorSync sync, Optional<Peer.Executor> known);
    }

    private static Parts hearing(Hearing hearing) {
        return new Parts() {
            @Override
            DispatcherProcess dispatcher(World world, FakeLedger ledger, Limits limits, int life) {
                return new DispatcherProcess(world, ledger, limits, life) {
                    @Override
                    Event seen(Event event) {
                        return event instanceof Event.ExecutorReport(String executor, ExecutorSync sync)
                                ? new Event.ExecutorReport(executor, hearing.heard(sync, state().executor(executor)))
                                : event;
                    }
                };
            }
        };
    }

    /** The dispatcher believes every report, however old, as if it were the newest one. */
    static Parts withoutFence() {
        return hearing(Mutants::asNewest);
    }

    private static ExecutorSync asNewest(ExecutorSync sync, Optional<Peer.Executor> known) {
        long incarnation = Math.max(
                sync.incarnation(), known.map(Peer.Executor::incarnation).orElse(0L));
        long seq = Math.max(
                sync.seq(),
                known.flatMap(Peer.Executor::last).map(ExecutorSync::seq).orElse(0L) + 1);
        return new ExecutorSync(
                incarnation,
                seq,
                sync.backend(),
                sync.slots(),
                sync.session(),
                sync.leaving(),
                sync.runs(),
                sync.finished(),
                sync.obstacle());
    }

    /** The dispatcher does not hear that an executor can start nothing. */
    static Parts deafToObstacles() {
        return hearing((sync, _) -> new ExecutorSync(
                sync.incarnation(),
                sync.seq(),
                sync.backend(),
                sync.slots(),
                sync.session(),
                sync.leaving(),
                sync.runs(),
                sync.finished(),
                ""));
    }

    /** The dispatcher takes an agent whose end nobody saw for one that never started. */
    static Parts tryingAgainWhatMayHaveRun() {
        return hearing((sync, _) -> withoutLosses(sync));
    }

    private static ExecutorSync withoutLosses(ExecutorSync sync) {
        return telling(
                sync,
                sync.runs(),
                sync.finished().stream()
                        .map(finished -> finished.ending() instanceof Ending.Lost
                                ? new ExecutorSync.Finished(
                                        finished.key(),
                                        Cause.START_INTERRUPTED.notStarted("it is gone"),
                                        0,
                                        finished.endedAtMillis())
                                : finished)
                        .toList());
    }

    /** The same sync with other runs and endings. */
    private static ExecutorSync telling(
            ExecutorSync sync, List<ExecutorSync.Run> runs, List<ExecutorSync.Finished> finished) {
        return new ExecutorSync(
                sync.incarnation(),
                sync.seq(),
                sync.backend(),
                sync.slots(),
                sync.session(),
                sync.leaving(),
                runs,
                finished,
                sync.obstacle());
    }

    /** The dispatcher does not see attempts that its ledger does not know. */
    static Parts takingNothingOver() {
        return new Parts() {
            @Override
            DispatcherProcess dispatcher(World world, FakeLedger ledger, Limits limits, int life) {
                return new DispatcherProcess(world, ledger, limits, life) {
                    @Override
                    Event seen(Event event) {
                        return event instanceof Event.ExecutorReport(String executor, ExecutorSync sync)
                                ? new Event.ExecutorReport(executor, known(sync))
                                : event;
                    }

                    private ExecutorSync known(ExecutorSync sync) {
                        return telling(
                                sync,
                                sync.runs().stream()
                                        .filter(run -> isKnown(run.key()))
                                        .toList(),
                                sync.finished().stream()
                                        .filter(finished -> isKnown(finished.key()))
                                        .toList());
                    }

                    private boolean isKnown(ExecutionKey key) {
                        return state().execution(key.execution())
                                .filter(execution -> execution.isOpen() && execution.attempt() < key.attempt())
                                .isEmpty();
                    }
                };
            }
        };
    }

    /** The dispatcher launches what was queued before it started without hearing first what already runs. */
    static Parts waitingForNobody() {
        return with(limits -> new Limits(
                limits.maxConcurrent(),
                limits.queueLimit(),
                limits.perBackend(),
                new Limits.Times(
                        limits.times().stopGrace(),
                        0,
                        limits.times().retention(),
                        limits.times().task(),
                        limits.times().queued(),
                        limits.times().silent(),
                        limits.times().lost()),
                limits.retry()));
    }

    /** The dispatcher follows other limits than it was given. */
    static Parts with(UnaryOperator<Limits> other) {
        return new Parts() {
            @Override
            DispatcherProcess dispatcher(World world, FakeLedger ledger, Limits limits, int life) {
                return new DispatcherProcess(world, ledger, other.apply(limits), life);
            }
        };
    }

    /** What cannot be started is tried for ever. */
    static Parts tryingForEver() {
        return with(limits -> with(
                limits,
                new RetryPolicy(
                        1_000, limits.retry().delayMillis(), limits.retry().longestDelayMillis())));
    }

    /** What could not be started is tried again at once. */
    static Parts tryingAgainAtOnce() {
        return with(limits -> with(limits, new RetryPolicy(limits.retry().attempts(), 1, 1)));
    }

    private static Limits with(Limits limits, RetryPolicy retry) {
        return new Limits(limits.maxConcurrent(), limits.queueLimit(), limits.perBackend(), limits.times(), retry);
    }

    /** An executor that is merely late is given up. */
    static Parts givingUpTooEarly() {
        return with(limits -> with(limits, limits.times().task(), limits.times().queued(), OptionalLong.of(3_000)));
    }

    /** What waits in the queue expires before its time. */
    static Parts expiringTooEarly() {
        return with(limits -> with(
                limits,
                limits.times().task(),
                OptionalLong.of(1_000),
                limits.times().lost()));
    }

    /** What brings no timeout of its own runs for as long as it likes. */
    static Parts withoutTheDefaultTimeout() {
        return with(limits -> with(
                limits,
                OptionalLong.empty(),
                limits.times().queued(),
                limits.times().lost()));
    }

    private static Limits with(Limits limits, OptionalLong task, OptionalLong queued, OptionalLong lost) {
        Limits.Times times = limits.times();
        return new Limits(
                limits.maxConcurrent(),
                limits.queueLimit(),
                limits.perBackend(),
                new Limits.Times(
                        times.stopGrace(), times.lease(), times.retention(), task, queued, times.silent(), lost),
                limits.retry());
    }

    /** The dispatcher decides about something else than what happened. */
    private static Parts mistaking(UnaryOperator<Event> taken) {
        return new Parts() {
            @Override
            DispatcherProcess dispatcher(World world, FakeLedger ledger, Limits limits, int life) {
                return new DispatcherProcess(world, ledger, limits, life) {
                    @Override
                    Decision decide(Event event) {
                        return super.decide(taken.apply(event));
                    }
                };
            }
        };
    }

    /** A shutdown stops nothing, and launches go on. */
    static Parts goingOnThroughAShutdown() {
        return mistaking(event -> event instanceof Event.ShutDown ? new Event.Tick() : event);
    }

    /** Nothing that an executor has is stopped when it shuts down, and it is given more. */
    static Parts notHearingThatAnExecutorLeaves() {
        return mistaking(event -> event instanceof Event.ExecutorReport(String executor, ExecutorSync sync)
                ? new Event.ExecutorReport(
                        executor,
                        new ExecutorSync(
                                sync.incarnation(),
                                sync.seq(),
                                sync.backend(),
                                sync.slots(),
                                sync.session(),
                                false,
                                sync.runs(),
                                sync.finished(),
                                sync.obstacle()))
                : event);
    }

    /** The dispatcher answers when it has decided, and commits later. */
    static Parts answeringBeforeTheCommit() {
        return new Parts() {
            @Override
            DispatcherProcess dispatcher(World world, FakeLedger ledger, Limits limits, int life) {
                return new DispatcherProcess(world, ledger, limits, life) {
                    @Override
                    void conclude(Batch batch) {
                        tell(batch);
                        super.conclude(batch);
                    }
                };
            }
        };
    }

    /** The executor deletes the evidence of a run as soon as it has ended. */
    static Parts forgettingBeforeTheAcknowledgement() {
        return new Parts() {
            @Override
            ExecutorProcess executor(World world, Setup.Seat seat, FakeEngine engine, long incarnation) {
                return new ExecutorProcess(world, seat, engine, incarnation) {
                    @Override
                    void ended(RunId run, Ending ending, long startedAt, long endedAt) {
                        super.ended(run, ending, startedAt, endedAt);
                        try {
                            engine.forget(this, run);
                        } catch (IOException e) {
                            // It is forgotten later, as it should be.
                        }
                    }
                };
            }
        };
    }

    /** The connector takes a message for received once it is written. */
    static Parts confirmingWhatIsWritten() {
        return new Parts() {
            @Override
            ConnectorProcess connector(World world, long incarnation) {
                return new ConnectorProcess(world, incarnation) {
                    @Override
                    void written(long id) {
                        super.written(id);
                        outbox.pong(outbox.ping());
                    }
                };
            }
        };
    }

    /** The dispatcher takes a message for received once it has handed it to the connector. */
    static Parts confirmingWhatIsHandedOut() {
        return new Parts() {
            @Override
            DispatcherProcess dispatcher(World world, FakeLedger ledger, Limits limits, int life) {
                return new DispatcherProcess(world, ledger, limits, life) {
                    private final Set<Long> handedOut = new HashSet<>();

                    @Override
                    Event seen(Event event) {
                        return event instanceof Event.ConnectorReport(String connector, ConnectorSync sync)
                                ? new Event.ConnectorReport(
                                        connector, with(sync, List.copyOf(handedOut), sync.declined()))
                                : event;
                    }

                    @Override
                    void conclude(Batch batch) {
                        for (Answer answer : batch.answers()) {
                            if (answer instanceof Answer.ToConnector to) {
                                to.messages().forEach(message -> handedOut.add(message.id()));
                            }
                        }
                        super.conclude(batch);
                    }
                };
            }
        };
    }

    /** A dispatcher that decides otherwise what is still to be told, in its memory as in its rows. */
    private static final class Forgetful extends DispatcherProcess {
        /** So many a decision never takes. */
        private static final int MOST_NUMBERS = 1_000;

        private final FakeLedger ledger;
        private final Limits limits;
        private final Memory memory;
        private long numbersGiven;

        /** Which of a decision's changes are made after all, and what else. */
        interface Memory {
            List<Change> changes(Forgetful dispatcher, Event event, Decision decision);
        }

        Forgetful(World world, FakeLedger ledger, Limits limits, int life, Memory memory) {
            super(world, ledger, limits, life);
            this.ledger = ledger;
            this.limits = limits;
            this.memory = memory;
        }

        static Parts with(Memory memory) {
            return new Parts() {
                @Override
                DispatcherProcess dispatcher(World world, FakeLedger ledger, Limits limits, int life) {
                    return new Forgetful(world, ledger, limits, life, memory);
                }
            };
        }

        boolean isPastRetention(Execution execution) {
            return execution.life() instanceof Life.Ended ended
                    && world.now() - ended.endedAt() > limits.times().retention();
        }

        @Override
        Decision decide(Event event) {
            List<Message> before = List.copyOf(state().outbox());
            Decision decision = super.decide(event);
            List<Change> changes = memory.changes(this, event, decision);
            // Its memory is made anew below, and a shutdown is in no row.
            if (changes.equals(decision.changes()) || state().isShutDown()) {
                return decision;
            }
            Map<Long, Message> outbox = new TreeMap<>();
            before.forEach(message -> outbox.put(message.id(), message));
            List<Execution> executions = new ArrayList<>(state().executions());
            for (Change change : changes) {
                switch (change) {
                    case Change.MessageAdded(Message message) -> outbox.put(message.id(), message);
                    case Change.MessageRemoved(long id) -> outbox.remove(id);
                    case Change.Forgotten(String id) ->
                        executions.removeIf(execution -> execution.id().equals(id));
                    default -> {}
                }
            }
            numbersGiven = Math.max(numbersGiven, Math.max(ledger.lastSeq(), world.now() * 1_000)) + MOST_NUMBERS;
            goOnWith(State.restore(
                    ledger.id(), state().session(), numbersGiven, executions, outbox.values(), state().executors()));
            return new Decision(changes, decision.reply(), decision.answers());
        }
    }

    /** An executor does not tell that something has to wait until the evidence of an earlier run is deleted. */
    static Parts forgettingSilently() {
        return new Parts() {
            @Override
            ExecutorProcess executor(World world, Setup.Seat seat, FakeEngine engine, long incarnation) {
                return new ExecutorProcess(world, seat, engine, incarnation) {
                    @Override
                    ExecutorSync told(ExecutorSync sync) {
                        return telling(
                                sync,
                                sync.runs().stream()
                                        .filter(run -> !run.preparing().startsWith("removing"))
                                        .toList(),
                                sync.finished());
                    }
                };
            }
        };
    }

    /** The dispatcher does not remember what it has recorded of preparations. */
    static Parts recordingEveryNumber() {
        return new Parts() {
            @Override
            DispatcherProcess dispatcher(World world, FakeLedger ledger, Limits limits, int life) {
                return new DispatcherProcess(world, ledger, limits, life) {
                    private long numbersGiven;

                    @Override
                    Decision decide(Event event) {
                        Decision decision = super.decide(event);
                        if (decision.changes().stream().anyMatch(Change.Prepared.class::isInstance)
                                && !state().isShutDown()) {
                            numbersGiven = Math.max(numbersGiven, world.now() * 1_000) + Forgetful.MOST_NUMBERS;
                            goOnWith(State.restore(
                                    ledger.id(),
                                    state().session(),
                                    numbersGiven,
                                    state().executions().stream()
                                            .map(Mutants::unprepared)
                                            .toList(),
                                    state().outbox(),
                                    state().executors()));
                        }
                        return decision;
                    }
                };
            }
        };
    }

    private static Execution unprepared(Execution execution) {
        return execution.with(execution.claimed(), execution.attempt(), execution.life(), Preparation.NONE);
    }

    /** The dispatcher takes a message back when its assignment comes again, and has nothing in its place. */
    static Parts losingWhatIsAnsweredAgain() {
        return Forgetful.with((_, _, decision) -> {
            boolean isReplaced = decision.changes().stream().anyMatch(Change.MessageRemoved.class::isInstance);
            return decision.reply() instanceof Reply.Known && isReplaced
                    ? without(decision.changes(), Change.MessageAdded.class)
                    : decision.changes();
        });
    }

    /** The dispatcher says nothing again when an assignment comes again. */
    static Parts notAnsweringAgain() {
        return Forgetful.with((_, _, decision) -> decision.reply() instanceof Reply.Known
                ? without(without(decision.changes(), Change.MessageAdded.class), Change.MessageRemoved.class)
                : decision.changes());
    }

    /** The dispatcher keeps to itself that it cancelled what was queued. */
    static Parts notTellingWhatIsCancelled() {
        return Forgetful.with((_, event, decision) -> event instanceof Event.CancelTask
                ? without(decision.changes(), Change.MessageAdded.class)
                : decision.changes());
    }

    private static List<Change> without(List<Change> changes, Class<? extends Change> kind) {
        return changes.stream().filter(change -> !kind.isInstance(change)).toList();
    }

    /** The dispatcher forgets what ended long ago together with what is still to be told of it. */
    static Parts forgettingByAgeAlone() {
        return Forgetful.with((dispatcher, event, decision) -> {
            if (!(event instanceof Event.Tick)) {
                return decision.changes();
            }
            List<Change> changes = new ArrayList<>(decision.changes());
            dispatcher.state().executions().stream()
                    .filter(dispatcher::isPastRetention)
                    .forEach(execution -> {
                        dispatcher.state().outbox().stream()
                                .filter(message -> message.executionId().equals(execution.id()))
                                .forEach(message -> changes.add(new Change.MessageRemoved(message.id())));
                        changes.add(new Change.Forgotten(execution.id()));
                    });
            return changes;
        });
    }

    /** The dispatcher believes for ever that the control plane was told no to what it was once told no to. */
    static Parts decliningForEver() {
        return new Parts() {
            @Override
            DispatcherProcess dispatcher(World world, FakeLedger ledger, Limits limits, int life) {
                return new DispatcherProcess(world, ledger, limits, life) {
                    private final Set<String> everDeclined = new HashSet<>();

                    @Override
                    Event seen(Event event) {
                        if (!(event instanceof Event.ConnectorReport(String connector, ConnectorSync sync))) {
                            return event;
                        }
                        sync.declined().stream()
                                .flatMap(id -> state().message(id).stream())
                                .forEach(claim -> everDeclined.add(claim.executionId()));
                        List<Long> declined = state().outbox().stream()
                                .filter(message -> message.kind() == Message.Kind.CLAIM
                                        && everDeclined.contains(message.executionId()))
                                .map(Message::id)
                                .toList();
                        return new Event.ConnectorReport(connector, with(sync, sync.confirmed(), declined));
                    }
                };
            }
        };
    }

    /** The dispatcher lets any connector claim what another one may have rejected. */
    static Parts lettingEverybodyClaim() {
        return new Parts() {
            @Override
            DispatcherProcess dispatcher(World world, FakeLedger ledger, Limits limits, int life) {
                return new DispatcherProcess(world, ledger, limits, life) {
                    @Override
                    Event seen(Event event) {
                        return event instanceof Event.Submit submit
                                ? new Event.Submit(
                                        submit.executionId(),
                                        submit.named(),
                                        submit.taskId(),
                                        submit.source(),
                                        submit.priority(),
                                        submit.needsImage(),
                                        submit.timeoutMillis())
                                : event;
                    }
                };
            }
        };
    }

    /** The connector writes a claim when it has it, whether or not the dispatcher knows that. */
    static Parts claimingAtOnce() {
        return new Parts() {
            @Override
            ConnectorProcess connector(World world, long incarnation) {
                return new ConnectorProcess(world, incarnation) {
                    @Override
                    void synced(Outbox.Report report, ConnectorSync.Answer answer) {
                        super.synced(report, answer);
                        List<Long> holding = outbox.report().holding();
                        outbox.synced(
                                new Outbox.Report(holding, List.of(), List.of(), List.of()),
                                new ConnectorSync.Answer(List.of(), List.of()));
                    }
                };
            }
        };
    }

    private static ConnectorSync with(ConnectorSync sync, List<Long> confirmed, List<Long> declined) {
        return new ConnectorSync(
                sync.incarnation(),
                sync.seq(),
                sync.connected(),
                sync.holding(),
                sync.claimsWritten(),
                confirmed,
                declined,
                sync.dialFailures(),
                sync.remoteCloses());
    }

    /** After a cut, the connector writes what is unconfirmed newest first. */
    static Parts writingNewestFirstAfterACut() {
        return new Parts() {
            @Override
            ConnectorProcess connector(World world, long incarnation) {
                return new ConnectorProcess(world, incarnation) {
                    private final Map<Long, ConnectorSync.Message> given = new TreeMap<>(Comparator.reverseOrder());

                    @Override
                    void synced(Outbox.Report report, ConnectorSync.Answer answer) {
                        super.synced(report, answer);
                        answer.messages().forEach(message -> given.put(message.id(), message));
                    }

                    @Override
                    void connected(String connection) {
                        given.keySet().retainAll(outbox.report().holding());
                        List<Long> all = List.copyOf(given.keySet());
                        outbox.synced(Outbox.Report.EMPTY, new ConnectorSync.Answer(List.of(), all));
                        given.values()
                                .forEach(message -> outbox.synced(
                                        Outbox.Report.EMPTY, new ConnectorSync.Answer(List.of(message), List.of())));
                        super.connected(connection);
                    }
                };
            }
        };
    }

    /** The connector never writes that it rejects. */
    static Parts rejectingSilently() {
        return new Parts() {
            @Override
            ConnectorProcess connector(World world, long incarnation) {
                return new ConnectorProcess(world, incarnation) {
                    @Override
                    void write(Connection on, long id, Notice notice) {
                        if (!(notice instanceof Notice.Rejected)) {
                            super.write(on, id, notice);
                        }
                    }
                };
            }
        };
    }

    /**
     * The dispatcher counts slots up when it hands out a launch and down when an ending is reported, instead of counting the
     * rows that hold one.
     */
    static Parts countingSlots() {
        return new Parts() {
            @Override
            DispatcherProcess dispatcher(World world, FakeLedger ledger, Limits limits, int life) {
                return new DispatcherProcess(world, ledger, limits, life) {
                    private final Map<String, Integer> used = new HashMap<>();

                    @Override
                    Event seen(Event event) {
                        return event instanceof Event.ExecutorReport(String executor, ExecutorSync sync)
                                        && sync.slots() > 0
                                ? new Event.ExecutorReport(executor, counted(executor, sync))
                                : event;
                    }

                    // Offers as many slots as the counter says are free, beside those that the rows hold.
                    private ExecutorSync counted(String executor, ExecutorSync sync) {
                        int counter = used.merge(executor, -sync.finished().size(), Integer::sum);
                        int rows = state().activeOn(executor).size();
                        int slots = Math.max(1, rows + sync.slots() - counter);
                        return new ExecutorSync(
                                sync.incarnation(),
                                sync.seq(),
                                sync.backend(),
                                slots,
                                sync.session(),
                                sync.leaving(),
                                sync.runs(),
                                sync.finished(),
                                sync.obstacle());
                    }

                    @Override
                    void conclude(Batch batch) {
                        for (Answer answer : batch.answers()) {
                            if (answer instanceof Answer.ToExecutor to) {
                                used.merge(to.executor(), to.launch().size(), Integer::sum);
                            }
                        }
                        super.conclude(batch);
                    }
                };
            }
        };
    }
}
