package dev.slipway.executor.core;

import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.Preparing;
import dev.slipway.protocol.SyncAnswer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The executor's half of the rules: which runs it has, what it reports of them, and what it does about the answers. Pure: no
 * I/O, no clock, no threads, and not safe for use by several threads at once.
 *
 * <pre>
 *  launch ─▶ LIVE ──ended──▶ ENDED ──acked──▶ FORGETTING ──forgotten──▶ (no row)
 *  stop ───▶  ▲  └─────────── ended, dropped ─────▲
 *  survivor ──┘
 * </pre>
 *
 * <ul>
 *   <li>Whoever drives it calls {@link #nextSync}, sends what it returns, and gives the answer to {@link #answered}: the launches
 *       in it are registered by that call, so the next sync reports them. The answer to any sync but the latest is discarded.
 *   <li>Each call returns the commands it gives rise to, to be carried out in any order between runs and in the order given
 *       within one run. What becomes of them comes back by {@link #started}, {@link #ended} and {@link #forgotten}.
 *   <li>A run has at most one {@code Start} or {@code Adopt}, at most one {@code Stop}, and its {@code Forget} comes only after
 *       its ending was acknowledged, or after it ended if the dispatcher dropped it.
 *   <li>What an older copy of the ledger asks anew of a run whose evidence is being deleted is reported as stopping until that
 *       is done, so that the dispatcher waits; then the report lacks it, and it is asked again.
 *   <li>The first sync of a process names no session and reports no run: which survivors it may speak of, it learns from the
 *       answer. Runs of another ledger are counted; nothing is
 *       asked of them, nor reported.
 * </ul>
 */
public final class RunTable {
    private enum Phase {
        LIVE,
        ENDED,
        FORGETTING
    }

    private static final class Row {
        Phase phase = Phase.LIVE;
        long startedAtMillis;
        String preparing = "";
        boolean watched;
        boolean stopping;
        boolean dropped;
        ExecutorSync.@Nullable Finished finished;

        /** What was asked anew of the run, or of an earlier attempt, since its evidence is being deleted. */
        final Set<ExecutionKey> awaiting = new LinkedHashSet<>();
    }

    private static final String GIVING_WAY = "removing what is left of an earlier run of it";

    private final BackendKind backend;
    private final int slots;
    private final long incarnation;
    private final long dropGraceMillis;
    private final Map<RunId, Row> rows = new LinkedHashMap<>();
    private String ledger = "";
    private String session = "";
    private long seq;
    private boolean answerDue;
    private boolean leaving;
    private String obstacle = "";

    /**
     * @param slots how many runs the executor offers to hold; 0 means no limit of its own
     * @param incarnation larger than that of every earlier process with the same executor id
     * @param survivors what earlier processes left, of whatever ledger
     * @param dropGraceMillis between the polite and the firm signal for runs that are dropped
     */
    public RunTable(BackendKind backend, int slots, long incarnation, List<RunId> survivors, long dropGraceMillis) {
        this.backend = backend;
        this.slots = slots;
        this.incarnation = incarnation;
        this.dropGraceMillis = dropGraceMillis;
        survivors.forEach(survivor -> rows.put(survivor, new Row()));
    }

    /** From now on the reports say that the executor shuts down and its runs are to end. */
    public void leave() {
        leaving = true;
    }

    /**
     * Why nothing can be started here now, in words; empty: it can. It is reported, and what is launched meanwhile counts as not
     * received: it comes again.
     */
    public void obstacle(String why) {
        obstacle = why;
    }

    /**
     * The report to send now. It supersedes every earlier one: their answers will be discarded.
     *
     * @param silentMillis how long a run has printed nothing
     */
    public ExecutorSync nextSync(ToLongFunction<RunId> silentMillis) {
        List<ExecutorSync.Run> runs = new ArrayList<>();
        List<ExecutorSync.Finished> finished = new ArrayList<>();
        rows.forEach((run, row) -> {
            if (run.ledger().equals(ledger) && row.phase == Phase.FORGETTING) {
                row.awaiting.stream()
                        .filter(key -> key.equals(run.key()) || !rows.containsKey(new RunId(ledger, key)))
                        .forEach(key -> runs.add(new ExecutorSync.Run(key, false, true, 0, 0, GIVING_WAY)));
            } else if (run.ledger().equals(ledger)) {
                if (row.finished == null) {
                    runs.add(new ExecutorSync.Run(
                            run.key(),
                            row.startedAtMillis > 0,
                            row.stopping,
                            row.startedAtMillis,
                            silentMillis.applyAsLong(run),
                            row.preparing));
                } else {
                    finished.add(row.finished);
                }
            }
        });
        answerDue = true;
        return new ExecutorSync(incarnation, ++seq, backend, slots, session, leaving, runs, finished, obstacle);
    }

    /**
     * Takes the answer to the sync numbered {@code answeredSeq}. It changes nothing unless that sync is the latest and its
     * first answer. A refusal (409) needs no call: nothing is launched without an answer, and runs are left alone.
     */
    public List<Command> answered(long answeredSeq, SyncAnswer answer) {
        if (answeredSeq != seq || !answerDue) {
            return List.of();
        }
        answerDue = false;
        session = answer.session();
        List<Command> commands = new ArrayList<>();
        if (!answer.ledger().equals(ledger)) {
            ledger = answer.ledger();
            adoptSurvivors(commands);
        }
        answer.ack().forEach(key -> acknowledge(key, commands));
        answer.drop().forEach(key -> drop(key, commands));
        answer.launch().forEach(launch -> launch(launch, commands));
        answer.stop().forEach(stop -> stop(stop, commands));
        return commands;
    }

    /**
     * What is being done to prepare {@code run}, as {@link Preparing} says.
     *
     * @return whether that is to be reported soon: its phase is another one than before
     */
    public boolean preparing(RunId run, String words) {
        Row row = rows.get(run);
        if (row == null || row.phase != Phase.LIVE || row.startedAtMillis > 0) {
            return false;
        }
        boolean isNew = !Preparing.phase(words).equals(Preparing.phase(row.preparing));
        row.preparing = words;
        return isNew;
    }

    /** The agent of {@code run} runs since {@code startedAtMillis} (milliseconds since the epoch, above 0). */
    public void started(RunId run, long startedAtMillis) {
        Row row = rows.get(run);
        if (row != null && row.phase == Phase.LIVE) {
            row.startedAtMillis = startedAtMillis;
        }
    }

    /**
     * Nothing of {@code run} is left but its evidence. It is reported until acknowledged, and the first ending stands.
     *
     * @param startedAtMillis 0 if the agent never started or nobody knows when
     */
    public List<Command> ended(RunId run, Ending ending, long startedAtMillis, long endedAtMillis) {
        Row row = rows.get(run);
        if (row == null || row.phase != Phase.LIVE) {
            return List.of();
        }
        row.finished = new ExecutorSync.Finished(run.key(), ending, startedAtMillis, endedAtMillis);
        row.phase = Phase.ENDED;
        return row.dropped ? List.of(forget(run, row)) : List.of();
    }

    /**
     * The evidence of {@code run} is deleted.
     *
     * @return whether that is to be reported soon: something waits for it
     */
    public boolean forgotten(RunId run) {
        Row row = rows.get(run);
        if (row == null || row.phase != Phase.FORGETTING) {
            return false;
        }
        rows.remove(run);
        return !row.awaiting.isEmpty();
    }

    /** The UUID of the ledger last heard of, empty before the first answer. */
    public String ledger() {
        return ledger;
    }

    /** How many runs of the current ledger have not ended: the slots in use. */
    public int live() {
        return (int) rows.entrySet().stream()
                .filter(entry -> entry.getKey().ledger().equals(ledger) && entry.getValue().phase == Phase.LIVE)
                .count();
    }

    /** How many runs have ended and wait for the dispatcher to acknowledge it. */
    public int unacknowledged() {
        return (int) rows.entrySet().stream()
                .filter(entry -> entry.getKey().ledger().equals(ledger) && entry.getValue().phase == Phase.ENDED)
                .count();
    }

    /** How many runs belong to another ledger than the dispatcher's: they are left alone. */
    public int strangers() {
        return ledger.isEmpty()
                ? 0
                : (int) rows.keySet().stream()
                        .filter(run -> !run.ledger().equals(ledger))
                        .count();
    }

    private void adoptSurvivors(List<Command> commands) {
        rows.forEach((run, row) -> {
            if (run.ledger().equals(ledger) && !row.watched) {
                row.watched = true;
                commands.add(new Command.Adopt(run));
            }
        });
    }

    private void launch(SyncAnswer.Launch launch, List<Command> commands) {
        RunId run = new RunId(ledger, launch.key());
        Row known = rows.getOrDefault(run, laterAttempt(run));
        if (known == null && obstacle.isEmpty()) {
            register(run);
            commands.add(new Command.Start(run, launch.spec()));
        } else if (known != null) {
            awaitForgetting(known, launch.key());
        }
    }

    private void stop(SyncAnswer.Stop stop, List<Command> commands) {
        RunId run = new RunId(ledger, stop.key());
        Row known = rows.get(run);
        Row row = known == null ? register(run) : known;
        awaitForgetting(row, stop.key());
        stopOnce(run, row, stop.graceMillis(), commands);
    }

    private static void awaitForgetting(Row row, ExecutionKey key) {
        if (row.phase == Phase.FORGETTING) {
            row.awaiting.add(key);
        }
    }

    private void acknowledge(ExecutionKey key, List<Command> commands) {
        RunId run = new RunId(ledger, key);
        Row row = rows.get(run);
        if (row != null && row.phase == Phase.ENDED) {
            commands.add(forget(run, row));
        }
    }

    private void drop(ExecutionKey key, List<Command> commands) {
        RunId run = new RunId(ledger, key);
        Row row = rows.get(run);
        if (row == null) {
            return;
        }
        row.dropped = true;
        if (row.phase == Phase.ENDED) {
            commands.add(forget(run, row));
        } else {
            stopOnce(run, row, dropGraceMillis, commands);
        }
    }

    private @Nullable Row laterAttempt(RunId run) {
        return rows.entrySet().stream()
                .filter(other -> other.getKey().ledger().equals(run.ledger())
                        && other.getKey().key().execution().equals(run.key().execution())
                        && other.getKey().key().attempt() > run.key().attempt())
                .findFirst()
                .map(Map.Entry::getValue)
                .orElse(null);
    }

    private Row register(RunId run) {
        Row row = new Row();
        row.watched = true;
        rows.put(run, row);
        return row;
    }

    private static void stopOnce(RunId run, Row row, long graceMillis, List<Command> commands) {
        if (row.phase == Phase.LIVE && !row.stopping) {
            row.stopping = true;
            commands.add(new Command.Stop(run, graceMillis));
        }
    }

    private static Command forget(RunId run, Row row) {
        row.phase = Phase.FORGETTING;
        return new Command.Forget(run);
    }
}
