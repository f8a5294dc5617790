package dev.slipway.simulation;

import java.util.ArrayDeque;
import java.util.Deque;

/** Something that can die, or stand still, with everything it was about to do. */
abstract class SimulatedProcess {
    final World world;
    private final String name;
    private final Deque<Runnable> held = new ArrayDeque<>();
    private boolean dead;
    private boolean paused;

    SimulatedProcess(World world, String name) {
        this.world = world;
        this.name = name;
    }

    abstract void start();

    final String name() {
        return name;
    }

    final boolean isDead() {
        return dead;
    }

    final boolean isPaused() {
        return paused;
    }

    /** Dies, with its memory. */
    void die() {
        dead = true;
        held.clear();
    }

    final void pause() {
        paused = true;
    }

    /** Goes on with what came to it meanwhile, in the order in which it came. */
    final void resume() {
        paused = false;
        while (!held.isEmpty()) {
            later(0, "goes on", held.removeFirst());
        }
    }

    /** Does something in {@code millis}, if it still lives. */
    final void later(long millis, String what, Runnable step) {
        world.after(millis, () -> name + ": " + what, () -> perform(step));
    }

    /** Does something now, or when it goes on; never if it is dead. */
    final void perform(Runnable step) {
        if (dead) {
            return;
        }
        if (paused) {
            held.add(step);
        } else {
            step.run();
        }
    }
}
