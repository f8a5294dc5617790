package dev.slipway.simulation;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Everything that happens to an installation, as data: the same history always runs in the same way.
 *
 * @param seed of all chance within it: delays, the order of what happens at once
 * @param plans what the agents do, by number
 * @param actions in the order of their times
 * @param length in milliseconds; afterwards nothing fails any more
 */
record History(long seed, Setup setup, List<Plan> plans, List<Action> actions, long length) {
    History with(List<Action> others) {
        return new History(seed, setup, plans, others, length);
    }

    @Override
    public String toString() {
        return "seed " + seed + "\n" + setup + "\n"
                + actions.stream().map(action -> "  " + action + plan(action)).collect(Collectors.joining("\n"));
    }

    private String plan(Action action) {
        return switch (action) {
            case Action.Submit submit -> " " + plans.get(submit.plan());
            case Action.Assign assign -> " " + plans.get(assign.plan());
            default -> "";
        };
    }
}
