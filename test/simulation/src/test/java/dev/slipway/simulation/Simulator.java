package dev.slipway.simulation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs histories, and shortens those that break a rule. */
final class Simulator {
    /** @param trace every step, one a line */
    record Run(Optional<Violation> violation, Map<Happening, Integer> met, List<String> trace) {}

    private final Parts parts;

    Simulator(Parts parts) {
        this.parts = parts;
    }

    Run run(History history) {
        return run(history, (_, _) -> {}, List.of());
    }

    Run runTraced(History history) {
        List<String> trace = new ArrayList<>();
        return run(history, (millis, label) -> trace.add(millis + " " + label.text()), trace);
    }

    private Run run(History history, World.Trace observer, List<String> trace) {
        World world = new World(history, parts, observer);
        try {
            world.run();
            return new Run(Optional.empty(), world.met(), trace);
        } catch (Violation violation) {
            return new Run(Optional.of(violation), world.met(), trace);
        } catch (RuntimeException crashed) {
            Violation violation = new Violation("nothing throws", crashed.toString());
            violation.initCause(crashed);
            return new Run(Optional.of(violation), world.met(), trace);
        }
    }

    /** The shortest history found that breaks the same rule. */
    History shrink(History failing, String rule) {
        History shortest = failing;
        int chunk = Math.max(1, shortest.actions().size() / 2);
        while (true) {
            boolean shortened = false;
            for (int from = 0; from < shortest.actions().size(); ) {
                List<Action> fewer = new ArrayList<>(shortest.actions());
                fewer.subList(from, Math.min(from + chunk, fewer.size())).clear();
                History candidate = shortest.with(fewer);
                if (breaks(candidate, rule)) {
                    shortest = candidate;
                    shortened = true;
                } else {
                    from += chunk;
                }
            }
            if (chunk > 1) {
                chunk /= 2;
            } else if (!shortened) {
                return shortest;
            }
        }
    }

    private boolean breaks(History history, String rule) {
        return run(history)
                .violation()
                .filter(found -> found.rule().equals(rule))
                .isPresent();
    }

    /** Adds up what was met. */
    static Map<Happening, Integer> sum(List<Run> runs) {
        Map<Happening, Integer> sum = new HashMap<>();
        runs.forEach(run -> run.met().forEach((happening, times) -> sum.merge(happening, times, Integer::sum)));
        return sum;
    }
}
