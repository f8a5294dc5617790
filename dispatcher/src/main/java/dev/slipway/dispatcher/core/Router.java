package dev.slipway.dispatcher.core;

import dev.slipway.protocol.ExecutionKey;
import java.util.Comparator;
import java.util.Optional;

/** Which executor gets an execution: of those that ask for work and may have it, the one that holds least. */
final class Router {
    private Router() {}

    static Optional<Peer.Executor> pick(State state, Limits limits, Execution execution) {
        return state.executors().stream()
                .filter(Peer.Executor::asking)
                .filter(executor -> executor.takesWork() && suits(executor, execution))
                .filter(executor -> hasFreeSlot(state, executor))
                .filter(executor -> Admission.mayLaunchOn(executor.backend(), state, limits))
                .min(Comparator.comparingInt(executor -> used(state, executor)));
    }

    /** Whether the executor's backend can run it at all. */
    static boolean suits(Peer.Executor executor, Execution execution) {
        return !execution.needsImage() || executor.backend().runsImages();
    }

    static boolean hasFreeSlot(State state, Peer.Executor executor) {
        return executor.slots() <= 0 || used(state, executor) < executor.slots();
    }

    /** Those that hold a slot by the rows, and what the executor still has of closed executions. */
    private static int used(State state, Peer.Executor executor) {
        long closed = executor.runs().keySet().stream()
                .filter((ExecutionKey key) -> state.current(executor.id(), key).isEmpty())
                .count();
        return state.activeOn(executor.id()).size() + (int) closed;
    }
}
