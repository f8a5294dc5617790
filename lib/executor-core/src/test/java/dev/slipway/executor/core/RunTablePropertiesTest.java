package dev.slipway.executor.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SyncAnswer;
import dev.slipway.protocol.TaskSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** What must hold after any interleaving of syncs, late and repeated answers, and events of the engine. */
class RunTablePropertiesTest {
    private static final List<String> LEDGERS = List.of("ledger-1", "ledger-2");
    private static final TaskSpec SPEC = new TaskSpec(
            "t", new Program.Command(List.of("true")), Optional.empty(), Map.of(), Optional.empty(), Optional.empty());

    /** One thing that happens, to the run {@code run} of four; {@code late} picks an older sync for answers. */
    record Happening(What what, int run, int late, boolean otherLedger) {}

    enum What {
        SYNC,
        LAUNCH,
        STOP,
        ACK,
        DROP,
        STARTED,
        ENDED,
        FORGOTTEN
    }

    @Property(tries = 2_000)
    void keepsTheRules(@ForAll("histories") List<Happening> history, @ForAll("someRuns") Set<Integer> survivors) {
        Witness witness =
                new Witness(survivors.stream().map(RunTablePropertiesTest::run).toList());
        history.forEach(witness::happens);
    }

    @Provide
    Arbitrary<List<Happening>> histories() {
        return Combinators.combine(
                        Arbitraries.frequencyOf(
                                Tuple.of(3, Arbitraries.just(What.SYNC)), Tuple.of(8, Arbitraries.of(What.class))),
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.integers().between(0, 9).map(n -> n == 0))
                .as(Happening::new)
                .list()
                .ofMinSize(5)
                .ofMaxSize(60);
    }

    @Provide
    Arbitrary<Set<Integer>> someRuns() {
        return Arbitraries.integers().between(0, 7).set().ofMaxSize(3);
    }

    /** Runs 0 to 3 belong to the first ledger, 4 to 7 to the second; each execution has two attempts. */
    private static RunId run(int number) {
        return new RunId(LEDGERS.get(number / 4), new ExecutionKey("e" + number % 2, 1 + number % 4 / 2));
    }

    /** Drives a table as its callers do, and checks every command and report against what it has seen so far. */
    private static final class Witness {
        private final RunTable table;
        private final Set<RunId> begun = new HashSet<>();
        private final Set<RunId> stopped = new HashSet<>();
        private final Set<RunId> ended = new HashSet<>();
        private final Set<RunId> mayForget = new HashSet<>();
        private final Set<RunId> forgetting = new HashSet<>();
        private final Set<RunId> present = new HashSet<>();
        private final Set<RunId> dropped = new HashSet<>();
        /** What was asked anew, and the run whose evidence has to be deleted before. */
        private final Map<RunId, RunId> awaiting = new HashMap<>();

        private final List<ExecutorSync> syncs = new ArrayList<>();
        private boolean answerDue;

        Witness(List<RunId> survivors) {
            table = new RunTable(BackendKind.DIRECT, 0, 1, survivors, 100);
            present.addAll(survivors);
        }

        void happens(Happening event) {
            RunId run = run(event.otherLedger() ? event.run() + 4 : event.run());
            switch (event.what()) {
                case SYNC -> sync();
                case LAUNCH, STOP, ACK, DROP -> answer(event, run);
                case STARTED -> {
                    if (begun.contains(run)) {
                        table.started(run, 5);
                    }
                }
                case ENDED -> {
                    if (begun.contains(run) || stopped.contains(run)) {
                        boolean first = ended.add(run);
                        List<Command> commands =
                                table.ended(run, new Ending.Exited(0, FailureReason.UNKNOWN, "", false), 5, 6);
                        if (first && dropped.contains(run)) {
                            mayForget.add(run);
                        }
                        check(commands);
                    }
                }
                case FORGOTTEN -> {
                    if (forgetting.remove(run)) {
                        assertThat(table.forgotten(run)).isEqualTo(awaiting.containsValue(run));
                        awaiting.values().removeIf(run::equals);
                        List.of(begun, stopped, ended, mayForget, present, dropped)
                                .forEach(set -> set.remove(run));
                    }
                }
            }
        }

        private void sync() {
            ExecutorSync sync = table.nextSync(_ -> 0);
            assertThat(sync.seq()).isEqualTo(syncs.size() + 1L);
            Set<RunId> reported = new HashSet<>();
            sync.runs()
                    .forEach(live -> assertThat(reported.add(new RunId(table.ledger(), live.key())))
                            .isTrue());
            assertThat(reported)
                    .filteredOn(run -> !awaiting.containsKey(run))
                    .allSatisfy(run -> assertThat(ended).doesNotContain(run));
            sync.finished()
                    .forEach(done -> assertThat(reported.add(new RunId(table.ledger(), done.key())))
                            .isTrue());
            Set<RunId> owed = new HashSet<>(present);
            owed.removeIf(run -> !run.ledger().equals(table.ledger()) || forgetting.contains(run));
            awaiting.keySet().stream()
                    .filter(run -> run.ledger().equals(table.ledger()))
                    .forEach(owed::add);
            assertThat(reported).isEqualTo(owed);
            syncs.add(sync);
            answerDue = true;
        }

        private void answer(Happening event, RunId run) {
            int index = syncs.size() - 1 - event.late();
            if (index < 0) {
                return;
            }
            boolean counts = event.late() == 0 && answerDue;
            List<ExecutionKey> key = List.of(run.key());
            if (counts) {
                answerDue = false;
                switch (event.what()) {
                    case ACK -> {
                        if (ended.contains(run)) {
                            mayForget.add(run);
                        }
                    }
                    case DROP -> {
                        if (present.contains(run)) {
                            dropped.add(run);
                            if (ended.contains(run)) {
                                mayForget.add(run);
                            }
                        }
                    }
                    case LAUNCH, STOP -> {
                        if (forgetting.contains(run)) {
                            awaiting.put(run, run);
                        } else if (event.what() == What.LAUNCH && !present.contains(run)) {
                            forgetting.stream()
                                    .filter(other -> isLaterAttempt(other, run))
                                    .forEach(other -> awaiting.put(run, other));
                        }
                    }
                    default -> {}
                }
            }
            List<Command> commands = table.answered(
                    syncs.get(index).seq(),
                    new SyncAnswer(
                            run.ledger(),
                            "session of " + run.ledger(),
                            event.what() == What.LAUNCH ? List.of(new SyncAnswer.Launch(run.key(), SPEC)) : List.of(),
                            event.what() == What.STOP ? List.of(new SyncAnswer.Stop(run.key(), 9)) : List.of(),
                            event.what() == What.ACK ? key : List.of(),
                            event.what() == What.DROP ? key : List.of()));
            if (!counts) {
                assertThat(commands).isEmpty();
            }
            check(commands);
            if (counts) {
                assertThat(table.ledger()).isEqualTo(run.ledger());
            }
        }

        private void check(List<Command> commands) {
            for (Command command : commands) {
                RunId run = command.run();
                switch (command) {
                    case Command.Start start -> {
                        assertThat(begun.add(run)).as("starts once").isTrue();
                        assertThat(present.add(run))
                                .as("starts only what it had not")
                                .isTrue();
                        assertThat(present)
                                .as("no later attempt is here")
                                .noneMatch(other -> isLaterAttempt(other, run));
                    }
                    case Command.Adopt adopt -> {
                        assertThat(begun.add(run)).as("adopts once").isTrue();
                        assertThat(present).contains(run);
                    }
                    case Command.Stop stop -> {
                        assertThat(stopped.add(run)).as("stops once").isTrue();
                        assertThat(ended).doesNotContain(run);
                        present.add(run);
                    }
                    case Command.Forget forget -> {
                        assertThat(mayForget)
                                .as("acknowledged, or dropped and ended")
                                .contains(run);
                        assertThat(forgetting.add(run)).as("forgets once").isTrue();
                    }
                }
            }
        }

        private static boolean isLaterAttempt(RunId other, RunId run) {
            return other.ledger().equals(run.ledger())
                    && other.key().execution().equals(run.key().execution())
                    && other.key().attempt() > run.key().attempt();
        }
    }
}
