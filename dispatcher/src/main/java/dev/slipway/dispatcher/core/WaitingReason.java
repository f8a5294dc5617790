package dev.slipway.dispatcher.core;

import dev.slipway.protocol.ExecutorSync;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Why an execution does not move, in words for the one who waits for it. */
public final class WaitingReason {
    private WaitingReason() {}

    /** Empty when there is nothing to wait for: it moves, or has ended. */
    public static Optional<String> of(State state, Limits limits, Execution execution, long now) {
        return switch (execution.life()) {
            case Life.Queued queued -> Optional.of(queued(state, limits, execution, queued, now));
            case Life.Active life -> active(state, limits, execution, life, now);
            case Life.Ended _ -> Optional.empty();
        };
    }

    private static Optional<String> active(
            State state, Limits limits, Execution execution, Life.Active life, long now) {
        Optional<Peer.Executor> executor = state.executor(life.executor());
        Optional<String> away = executor.filter(
                        known -> !known.isPresent(now, limits.times().lease()))
                .map(known -> "its executor " + known.id()
                        + " is away; the task goes on there and is picked up when the executor is back"
                        + (limits.times().lost().isPresent() ? " before it counts as lost" : ""));
        if (away.isPresent() || !(life instanceof Life.Launching)) {
            return away;
        }
        return executor.flatMap(known -> launching(state, limits, execution, known, now));
    }

    private static Optional<String> launching(
            State state, Limits limits, Execution execution, Peer.Executor executor, long now) {
        ExecutorSync.Run run = executor.runs().get(execution.key());
        if (run != null) {
            return Optional.of(run.preparing()).filter(words -> !words.isEmpty());
        }
        if (!executor.obstacle().isEmpty()) {
            return Optional.of(hindered(executor));
        }
        return Hold.isOn(state, limits, execution, now)
                ? Optional.of(Hold.words(state, limits, now))
                : Optional.empty();
    }

    private static String hindered(Peer.Executor executor) {
        return "executor %s can start nothing now: %s".formatted(executor.id(), executor.obstacle());
    }

    private static String queued(State state, Limits limits, Execution execution, Life.Queued queued, long now) {
        if (!execution.claimed()) {
            return "its claim has not been written to the control plane yet";
        }
        if (state.isShutDown()) {
            return "Slipway is shutting down; it keeps its place";
        }
        if (queued.notBefore() > now) {
            return "attempt %d did not start; the next one comes in %d s"
                    .formatted(execution.attempt(), (queued.notBefore() - now + 999) / 1_000);
        }
        Optional<Execution> blocker = Order.blocker(state, execution);
        if (blocker.isPresent()) {
            return "execution " + blocker.get().id() + " of the same task has not ended yet";
        }
        if (Hold.isOn(state, limits, execution, now)) {
            return Hold.words(state, limits, now);
        }
        List<Peer.Executor> present = state.executors().stream()
                .filter(executor -> executor.isPresent(now, limits.times().lease()))
                .toList();
        if (present.isEmpty()) {
            return "no executor is connected";
        }
        List<Peer.Executor> suitable = present.stream()
                .filter(executor -> Router.suits(executor, execution))
                .toList();
        if (suitable.isEmpty()) {
            return "it names an image, and no executor that runs images is connected (connected: "
                    + present.stream()
                            .map(executor -> executor.backend().wireName())
                            .distinct()
                            .collect(Collectors.joining(", "))
                    + ")";
        }
        if (suitable.stream().noneMatch(Peer.Executor::takesWork)) {
            return suitable.stream()
                    .filter(executor -> !executor.obstacle().isEmpty())
                    .findFirst()
                    .map(WaitingReason::hindered)
                    .orElse("every executor that could run it is drained or shutting down");
        }
        int ahead = state.queue().headSet(execution).size();
        String behind = ahead == 0 ? "it is next" : ahead + " ahead of it in the queue";
        if (!Admission.mayLaunch(state, limits)) {
            return "the limit of " + limits.maxConcurrent() + " concurrent tasks is reached; " + behind;
        }
        if (suitable.stream().noneMatch(executor -> Admission.mayLaunchOn(executor.backend(), state, limits))) {
            return "the limit of its backend is reached; " + behind;
        }
        if (suitable.stream().noneMatch(executor -> Router.hasFreeSlot(state, executor))) {
            return "every slot is taken; " + behind;
        }
        return "it is being handed to an executor; " + behind;
    }
}
