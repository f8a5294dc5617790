package dev.slipway.simulation;

import java.util.ArrayList;
import java.util.List;

/** A machine with an engine, and the executor's processes on it, of which several may live when one stands still. */
final class Host {
    /** More than any plan's polite exit and the longest grace. */
    private static final long LEAVING = 6_000;

    private final World world;
    private final Setup.Seat seat;
    private final Parts parts;
    private final FakeEngine engine;
    private final List<ExecutorProcess> overtaken = new ArrayList<>();
    private ExecutorProcess executor;
    private long lastIncarnation;

    Host(World world, Setup.Seat seat, Parts parts) {
        this.world = world;
        this.seat = seat;
        this.parts = parts;
        this.engine = new FakeEngine(world, seat.id());
        this.executor = next();
    }

    void start() {
        executor.start();
    }

    Setup.Seat seat() {
        return seat;
    }

    FakeEngine engine() {
        return engine;
    }

    void crash(long down) {
        if (engine.live().stream().anyMatch(FakeEngine.Agent::isRunning)) {
            world.met(Happening.EXECUTOR_DIED_WHILE_RUNNING);
        }
        executor.die();
        world.after(down, () -> "an executor " + seat.id() + " begins", this::restart);
    }

    /** The machine starts anew. */
    void reboot(long down) {
        executor.die();
        engine.reboot();
        world.after(down, () -> "an executor " + seat.id() + " begins", this::restart);
    }

    /** The process is given some time for its runs to end. */
    void leave(long down) {
        ExecutorProcess leaving = executor;
        leaving.leave();
        world.after(LEAVING, () -> leaving.name() + " ends", () -> {
            leaving.die();
            world.after(down, () -> "an executor " + seat.id() + " begins", this::restart);
        });
    }

    /** The process stands still; a replacement is there before it goes on. */
    void pause(long millis, boolean replaced) {
        ExecutorProcess paused = executor;
        paused.pause();
        if (replaced) {
            world.after(millis / 2, () -> "another executor " + seat.id() + " begins", () -> {
                if (executor.incarnation() == paused.incarnation() && !paused.isDead()) {
                    world.met(Happening.EXECUTOR_OVERTAKEN_WHILE_PAUSED);
                    overtaken.add(paused);
                    executor = next();
                    executor.start();
                }
            });
        }
        world.after(millis, () -> paused.name() + " goes on", paused::resume);
    }

    /** Nothing fails any more: one process lives, and goes on. */
    void calm() {
        engine.beReachable();
        overtaken.forEach(ExecutorProcess::die);
        restart();
        executor.resume();
    }

    boolean isIdle() {
        return executor.isIdle() && !engine.hasEvidence(world.ledger().id());
    }

    private void restart() {
        if (executor.isDead()) {
            executor = next();
            executor.start();
        }
    }

    private ExecutorProcess next() {
        lastIncarnation = Math.max(lastIncarnation + 1, world.now());
        return parts.executor(world, seat, engine, lastIncarnation);
    }
}
