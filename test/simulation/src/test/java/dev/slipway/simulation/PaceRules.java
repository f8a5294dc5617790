package dev.slipway.simulation;

import static dev.slipway.simulation.Rules.require;

import java.util.HashMap;
import java.util.Map;

/** Calls are held while there is nothing to say: what comes of one must not be another one at once, again and again. */
final class PaceRules {
    private static final long WINDOW = 2_000;

    /** More than the busiest executor makes, and half of what one makes that never pauses. */
    private static final int MOST_CALLS = 24;

    private record Calls(long window, int count) {}

    private final World world;
    private final Map<String, Calls> calls = new HashMap<>();

    PaceRules(World world) {
        this.world = world;
    }

    void syncs(ExecutorProcess executor) {
        long window = world.now() / WINDOW;
        Calls now = calls.merge(
                executor.name(),
                new Calls(window, 1),
                (before, first) -> before.window() == window ? new Calls(window, before.count() + 1) : first);
        require(
                now.count() <= MOST_CALLS,
                "an executor and the dispatcher pause while nothing happens",
                "%s called %d times within %d ms".formatted(executor.name(), now.count(), WINDOW));
    }
}
