package dev.slipway.simulation;

import dev.slipway.dispatcher.core.Event;
import dev.slipway.executor.core.Command;
import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.RunTable;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.SyncAnswer;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** One process of an executor: the shell around a {@link RunTable}, which syncs it and carries out what it commands. */
class ExecutorProcess extends SimulatedProcess {
    private static final long DROP_GRACE = 2_000;
    private static final long SYNC_DEADLINE = 6_000;
    private static final long BACK_OFF = 1_000;

    /** What the shell is doing about one run. */
    private static final class Work {
        boolean starting;
        boolean watched;
        boolean running;
        boolean ended;
    }

    private final Setup.Seat seat;
    final FakeEngine engine;
    private final long incarnation;
    private final SplittableRandom chance;
    private final SplittableRandom progress;
    private final SplittableRandom preflight;
    private final Map<RunId, Work> works = new HashMap<>();
    private @Nullable RunTable table;
    private long latestSync;
    private boolean syncWanted;

    ExecutorProcess(World world, Setup.Seat seat, FakeEngine engine, long incarnation) {
        super(world, seat.id() + "@" + incarnation);
        this.seat = seat;
        this.engine = engine;
        this.incarnation = incarnation;
        this.chance = world.chance("executor " + seat.id());
        this.progress = world.chance("progress of " + seat.id());
        this.preflight = world.chance("preflight of " + seat.id());
    }

    @Override
    void start() {
        try {
            table = new RunTable(seat.backend(), seat.slots(), incarnation, engine.survivors(incarnation), DROP_GRACE);
            if (preflight.nextInt(5) == 0) {
                table.obstacle("the preflight fails");
                later(preflight.nextLong(8_000), "passes its preflight", this::passPreflight);
            }
            sync();
        } catch (IOException e) {
            later(BACK_OFF, "asks for survivors again", this::start);
        }
    }

    private void passPreflight() {
        table().obstacle("");
        syncSoon();
    }

    final long incarnation() {
        return incarnation;
    }

    /** It will shut down when its runs have ended. */
    final void leave() {
        if (table != null) {
            table.leave();
            syncSoon();
        }
    }

    final boolean isIdle() {
        return table != null
                && table.live() == 0
                && table.unacknowledged() == 0
                && works.keySet().stream().noneMatch(run -> run.ledger().equals(table().ledger()));
    }

    private RunTable table() {
        if (table == null) {
            throw new IllegalStateException(name() + " has not begun");
        }
        return table;
    }

    private void sync() {
        world.rules().syncs(this);
        syncWanted = false;
        ExecutorSync sync = told(table().nextSync(_ -> chance.nextInt(6) == 0 ? chance.nextLong(20_000) : 0));
        latestSync = sync.seq();
        world.wire()
                .call(
                        seat.id(),
                        this,
                        Call.of(new Event.ExecutorReport(seat.id(), sync)),
                        response -> answered(sync, response));
        later(SYNC_DEADLINE, "waits for no answer to sync " + sync.seq(), () -> retry(sync.seq()));
    }

    /** The report as it is sent. */
    ExecutorSync told(ExecutorSync sync) {
        return sync;
    }

    private void retry(long seq) {
        if (latestSync == seq) {
            sync();
        }
    }

    private void syncSoon() {
        if (!syncWanted) {
            syncWanted = true;
            later(chance.nextLong(50), "has news", this::sync);
        }
    }

    private void answered(ExecutorSync sync, Response response) {
        long seq = sync.seq();
        if (response instanceof Response.Synced(SyncAnswer answer)) {
            world.rules().answered(sync, answer);
            answer.launch()
                    .forEach(launch -> world.rules().learnsOf(seat.id(), new RunId(answer.ledger(), launch.key())));
            List<Command> commands = table().answered(seq, answer);
            commands.stream()
                    .filter(command -> command instanceof Command.Forget
                            && answer.ack().contains(command.run().key()))
                    .forEach(forget -> world.rules().acknowledged(forget.run(), answer.session()));
            if (commands.isEmpty() && !answer.launch().isEmpty()) {
                world.met(Happening.LAUNCH_DISCARDED);
            }
            commands.forEach(this::carryOut);
            if (seq == latestSync) {
                syncSoon();
            }
        } else if (seq == latestSync) {
            later(BACK_OFF + chance.nextLong(BACK_OFF), "syncs again", () -> retry(seq));
        }
    }

    private void carryOut(Command command) {
        RunId run = command.run();
        Work work = works.computeIfAbsent(run, _ -> new Work());
        switch (command) {
            case Command.Start start -> {
                work.starting = true;
                later(chance.nextLong(20), "starts " + run, () -> begin(run, work, world.plan(start.spec())));
            }
            case Command.Adopt _ -> {
                world.met(Happening.SURVIVOR_ADOPTED);
                watch(run, work);
            }
            case Command.Stop stop ->
                later(
                        chance.nextLong(20),
                        "stops " + run,
                        () -> stop(run, work, Duration.ofMillis(stop.graceMillis())));
            case Command.Forget _ -> later(chance.nextLong(20), "forgets " + run, () -> forget(run, work));
        }
    }

    /** How far it is changes all the time, its phase now and then. */
    private void tellSteps(RunId run, Work work, int step) {
        if (work.starting) {
            String words = "phase %d: step %d".formatted(step / 12, step);
            if (table().preparing(run, words)) {
                syncSoon();
            }
            later(100 + progress.nextLong(800), "gets ready " + run, () -> tellSteps(run, work, step + 1));
        }
    }

    private void begin(RunId run, Work work, Plan plan) {
        tellSteps(run, work, 0);
        engine.start(this, run, plan, begun -> {
            switch (begun) {
                case FakeEngine.Begun.Observable() -> {
                    work.starting = false;
                    watch(run, work);
                }
                case FakeEngine.Begun.Never(var failure) -> {
                    work.starting = false;
                    ended(run, work, failure.ending(), 0, world.now());
                }
                case FakeEngine.Begun.Unknown _ -> revokeFailedStart(run, work);
            }
        });
    }

    /** What failed half-way either never starts, or is watched like any other. */
    private void revokeFailedStart(RunId run, Work work) {
        try {
            boolean neverStarts = engine.revoke(this, run);
            work.starting = false;
            if (neverStarts) {
                var ending = Cause.START_FAILED.notStarted("its start failed");
                ended(run, work, ending, 0, world.now());
            } else {
                watch(run, work);
            }
        } catch (IOException e) {
            later(BACK_OFF, "revokes " + run, () -> revokeFailedStart(run, work));
        }
    }

    private void watch(RunId run, Work work) {
        if (!work.watched) {
            work.watched = true;
            observe(run, work);
        }
    }

    private void observe(RunId run, Work work) {
        if (work.ended) {
            return;
        }
        try {
            switch (engine.observe(run)) {
                case Observed.Preparing _ -> {}
                case Observed.Running(long startedAt) -> {
                    if (!work.running) {
                        work.running = true;
                        table().started(run, startedAt);
                        syncSoon();
                    }
                }
                case Observed.Ended(var ending, long startedAt, long endedAt) ->
                    ended(run, work, ending, startedAt, endedAt);
            }
        } catch (IOException e) {
            // Nothing is known: it is looked at again.
        }
        later(50 + chance.nextLong(200), "looks at " + run, () -> observe(run, work));
    }

    /** Nothing is left of the run but its evidence. */
    void ended(RunId run, Ending ending, long startedAt, long endedAt) {
        table().ended(run, ending, startedAt, endedAt).forEach(this::carryOut);
        syncSoon();
    }

    private void ended(RunId run, Work work, Ending ending, long startedAt, long endedAt) {
        if (!work.ended) {
            work.ended = true;
            ended(run, ending, startedAt, endedAt);
        }
    }

    private void stop(RunId run, Work work, Duration grace) {
        if (work.ended) {
            return;
        }
        try {
            boolean isDone = engine.stop(this, run, grace);
            watch(run, work);
            if (isDone) {
                return;
            }
        } catch (IOException e) {
            // Nothing is known: it is stopped again.
        }
        later(500, "stops " + run + " again", () -> stop(run, work, grace));
    }

    private void forget(RunId run, Work work) {
        if (work.starting) {
            later(100, "forgets " + run + " once its start has come back", () -> forget(run, work));
            return;
        }
        try {
            engine.forget(this, run);
            boolean isNews = table().forgotten(run);
            works.remove(run);
            if (isNews) {
                world.met(Happening.LAUNCH_AWAITED_FORGETTING);
                syncSoon();
            }
        } catch (IOException e) {
            later(BACK_OFF, "forgets " + run + " again", () -> forget(run, work));
        }
    }
}
