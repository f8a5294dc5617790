package dev.slipway.simulation;

import java.util.List;

/** What a reader needs to understand a broken rule: the shortest history that breaks it, and its last steps. */
final class Story {
    private static final int LAST_STEPS = 80;

    private Story() {}

    static String of(Simulator simulator, History history, Violation violation) {
        History shortest = simulator.shrink(history, violation.rule());
        Simulator.Run run = simulator.runTraced(shortest);
        List<String> trace = run.trace();
        return "seed " + history.seed() + " breaks a rule. Shortened:\n" + shortest + "\n"
                + "its last steps (milliseconds from its beginning):\n  "
                + String.join("\n  ", trace.subList(Math.max(0, trace.size() - LAST_STEPS), trace.size())) + "\n"
                + run.violation().map(Violation::getMessage).orElse("") + "\n"
                + "To run it alone: -Dslipway.sim.seed=" + history.seed() + " -Dslipway.sim.histories=1";
    }
}
