package dev.slipway.simulation;

import dev.slipway.dispatcher.core.Answer;
import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Limits;
import dev.slipway.dispatcher.core.Message;
import dev.slipway.dispatcher.core.Peer;
import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutorSync;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Worlds in which one part breaks a rule on purpose. If the simulator did not notice them, it would notice nothing. */
final class Mutants {
    private Mutants() {}

    /** The dispatcher believes every report, however old, as if it were the newest one. */
    static Parts withoutFence() {
        return new Parts() {
            @Override
            DispatcherProcess dispatcher(World world, FakeLedger ledger, Limits limits, int life) {
                return new DispatcherProcess(world, ledger, limits, life) {
                    @Override
                    Event seen(Event event) {
                        return event instanceof Event.ExecutorReport(String executor, ExecutorSync sync)
                                ? new Event.ExecutorReport(executor, asNewest(sync, state().executor(executor)))
                                : event;
                    }
                };
            }
        };
    }

    private static ExecutorSync asNewest(ExecutorSync sync, Optional<Peer.Executor> known) {
        long incarnation = Math.max(
                sync.incarnation(), known.map(Peer.Executor::incarnation).orElse(0L));
        long seq = Math.max(
                sync.seq(),
                known.flatMap(Peer.Executor::last).map(ExecutorSync::seq).orElse(0L) + 1);
        return new ExecutorSync(
                incarnation, seq, sync.backend(), sync.slots(), sync.session(), sync.runs(), sync.finished());
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
                                ? new Event.ConnectorReport(connector, confirmed(sync))
                                : event;
                    }

                    private ConnectorSync confirmed(ConnectorSync sync) {
                        return new ConnectorSync(
                                sync.incarnation(),
                                sync.seq(),
                                sync.connected(),
                                sync.sinceMillis(),
                                sync.holding(),
                                sync.claimsWritten(),
                                List.copyOf(handedOut),
                                sync.declined(),
                                sync.dialFailures(),
                                sync.remoteCloses());
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

    /** The dispatcher takes a message back when its assignment comes again, and does not store the one that replaces it. */
    static Parts losingWhatIsAnsweredAgain() {
        return new Parts() {
            @Override
            DispatcherProcess dispatcher(World world, FakeLedger ledger, Limits limits, int life) {
                return new DispatcherProcess(world, ledger, limits, life) {
                    @Override
                    void conclude(Batch batch) {
                        List<String> replaced = batch.rows().stream()
                                .flatMap(row -> row instanceof Change.MessageRemoved(long id)
                                        ? ledger.message(id).stream()
                                        : Stream.empty())
                                .map(message -> message.kind() + message.executionId())
                                .toList();
                        batch.rows()
                                .removeIf(row -> row instanceof Change.MessageAdded(Message message)
                                        && replaced.contains(message.kind() + message.executionId()));
                        super.conclude(batch);
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
                                sync.runs(),
                                sync.finished());
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
