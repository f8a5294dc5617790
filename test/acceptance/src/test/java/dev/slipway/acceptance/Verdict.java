package dev.slipway.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.acceptance.FaultPlan.Task;
import dev.slipway.acceptance.FaultyBackend.Harm;
import dev.slipway.testkit.Received;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Whether everything that was asked for was done, once and truthfully, after what happened.
 *
 * @param violations what was not
 * @param counts what happened, by name
 * @param remarks what is allowed, and worth a look
 */
record Verdict(FaultPlan plan, List<Violation> violations, Map<String, Integer> counts, List<String> remarks) {
    /** What is said of an agent whose keeper was killed. */
    private static final String UNSEEN = "was killed before it had recorded how";

    /** The same of one whose container was removed, or which an engine was about to start when it was killed. */
    private static final List<String> UNSEEN_BY_ENGINE = List.of(" is gone", "Docker engine was restarted while");

    /** As SIGKILL and SIGTERM end a container: no agent of a plan exits so. */
    private static final Set<Integer> ENDED_BY_ENGINE = Set.of(137, 143);

    /** What can be wrong. */
    enum Kind {
        WITHOUT_RESULT,
        NEVER_STARTED,
        STARTED_TWICE,
        TOLD_WRONGLY,
        OUTPUT_WRONG,
        LEFT_BEHIND
    }

    /** @param what in words, of which task */
    record Violation(Kind kind, String what) {}

    /**
     * What was seen from outside when all had come to rest.
     *
     * @param journal what the agents wrote of themselves
     * @param harmed the executions to which something was done from outside
     * @param received what the control plane was sent
     * @param tasks of the API, by execution
     * @param logs the output that is kept, by execution
     * @param left what is there and should not be
     * @param remarks what the harness has to say
     */
    record Seen(
            List<String> journal,
            Map<Harm, Set<String>> harmed,
            List<Received> received,
            Map<String, JsonNode> tasks,
            Map<String, String> logs,
            List<String> left,
            List<String> remarks) {
        boolean isHarmed(String execution, Harm harm) {
            return harmed.getOrDefault(harm, Set.of()).contains(execution);
        }

        boolean isHarmedByEngine(String execution) {
            return isHarmed(execution, Harm.CONTAINER_REMOVED) || isHarmed(execution, Harm.ENGINE_GONE);
        }
    }

    /** An ending, as somebody was told it. */
    private record Told(String state, OptionalInt exitCode, String message) {
        static Told of(Received result) {
            if (result.type().equals("task_completed")) {
                return new Told(result.isCancelled() ? "cancelled" : "succeeded", OptionalInt.empty(), "");
            }
            return new Told("failed", result.exitCode(), result.text("message").orElse(""));
        }

        static Optional<Told> of(JsonNode task) {
            String state = task.get("state").textValue();
            if (!List.of("succeeded", "failed", "cancelled").contains(state)) {
                return Optional.empty();
            }
            JsonNode code = task.get("exitCode");
            return Optional.of(new Told(
                    state,
                    code == null || !state.equals("failed") ? OptionalInt.empty() : OptionalInt.of(code.intValue()),
                    task.path("message").asText()));
        }

        static Told exited(int code) {
            return new Told(
                    code == 0 ? "succeeded" : "failed", code == 0 ? OptionalInt.empty() : OptionalInt.of(code), "");
        }

        boolean isSame(Told other) {
            return state.equals(other.state) && exitCode.equals(other.exitCode);
        }

        @Override
        public String toString() {
            return state
                    + (exitCode.isPresent() ? " with " + exitCode.getAsInt() : "")
                    + (message.isEmpty() ? "" : " (" + message + ")");
        }
    }

    boolean isGood() {
        return violations.isEmpty();
    }

    static Verdict of(FaultPlan plan, Seen seen) {
        Verdict verdict = new Verdict(plan, new ArrayList<>(), new TreeMap<>(), new ArrayList<>(seen.remarks()));
        seen.left().forEach(left -> verdict.violate(Kind.LEFT_BEHIND, left));
        plan.rounds().stream()
                .flatMap(round -> round.strikes().stream())
                .forEach(strike ->
                        verdict.count("fault " + strike.fault().getClass().getSimpleName()));
        plan.tasks().forEach(task -> verdict.judge(task, seen));
        return verdict;
    }

    private void judge(Task task, Seen seen) {
        String execution = task.execution();
        count(task.fromControlPlane() ? "tasks from the control plane" : "tasks from the API");
        long starts = seen.journal().stream()
                .filter(line -> line.startsWith("start " + execution + " "))
                .count();
        long ends = seen.journal().stream()
                .filter(line -> line.equals("end " + execution + " " + task.exitCode()))
                .count();
        if (starts > 1) {
            violate(Kind.STARTED_TWICE, execution + " was started " + starts + " times");
        }
        List<Told> told = told(task, seen);
        if (told.isEmpty()) {
            violate(
                    Kind.WITHOUT_RESULT,
                    execution + " has no result; its agent was started " + starts + " times and ended " + ends
                            + " times; " + seen.tasks().get(execution));
            return;
        }
        Told first = told.getFirst();
        if (!told.stream().allMatch(first::isSame)) {
            violate(Kind.TOLD_WRONGLY, execution + " was told in different ways: " + told);
        }
        if (seen.isHarmed(execution, Harm.KEEPER_KILLED)) {
            judgeUnkept(task, first);
        } else if (seen.isHarmedByEngine(execution) && isExcused(starts, first)) {
            count(first.exitCode().isPresent() ? "ended by the engine and told so" : "ended unseen and told so");
        } else if (ends > 0) {
            judgeEnded(task, first);
        } else if (starts > 0) {
            judgeKilled(task, first);
        } else {
            judgeUnstarted(task, first);
        }
        judgeOutput(
                task, ends > 0, seen.isHarmedByEngine(execution), seen.logs().getOrDefault(execution, ""));
    }

    /** What an engine that ends a container, or loses it, leaves to be told. */
    private static boolean isExcused(long starts, Told told) {
        if (!told.state().equals("failed")) {
            return false;
        }
        return told.exitCode().isPresent()
                ? starts > 0 && ENDED_BY_ENGINE.contains(told.exitCode().getAsInt())
                : UNSEEN_BY_ENGINE.stream().anyMatch(told.message()::contains);
    }

    private static List<Told> told(Task task, Seen seen) {
        Stream<Told> byApi = Optional.ofNullable(seen.tasks().get(task.execution())).stream()
                .flatMap(found -> Told.of(found).stream());
        if (!task.fromControlPlane()) {
            return byApi.toList();
        }
        List<Told> results = seen.received().stream()
                .filter(frame -> frame.isResult() && frame.taskId().equals(task.id()))
                .map(Told::of)
                .toList();
        return results.isEmpty()
                ? results
                : Stream.concat(results.stream(), byApi).toList();
    }

    private void judgeEnded(Task task, Told told) {
        if (told.isSame(Told.exited(task.exitCode()))) {
            count("ended and told truthfully");
        } else if (told.state().equals("cancelled") && task.cancelAt().isPresent()) {
            count("cancelled at the very end");
        } else {
            violate(
                    Kind.TOLD_WRONGLY,
                    task.execution() + " exited with " + task.exitCode() + ", but was told as " + told);
        }
    }

    /** Nobody saw how its agent ended, so nobody may say so, whether the agent came to its own end or not. */
    private void judgeUnkept(Task task, Told told) {
        if (told.state().equals("failed")
                && told.exitCode().isEmpty()
                && told.message().contains(UNSEEN)) {
            count("ended unseen and told so");
        } else if (told.state().equals("cancelled") && task.cancelAt().isPresent()) {
            count("cancelled after its keeper was killed");
        } else {
            violate(Kind.TOLD_WRONGLY, task.execution() + " lost its keeper, but was told as " + told);
        }
    }

    private void judgeKilled(Task task, Told told) {
        if (told.state().equals("cancelled") && task.cancelAt().isPresent()) {
            count("cancelled while running");
        } else {
            violate(Kind.TOLD_WRONGLY, task.execution() + " was killed, and told as " + told);
        }
    }

    /** No fault lasts as long as a start is tried again, and what is rejected is assigned again: nothing excuses this. */
    private void judgeUnstarted(Task task, Told told) {
        if (told.state().equals("cancelled") && task.cancelAt().isPresent()) {
            count("cancelled before the start");
        } else if (told.state().equals("failed") && told.exitCode().isEmpty()) {
            violate(Kind.NEVER_STARTED, task.execution() + " was never started: " + told.message());
        } else {
            violate(Kind.TOLD_WRONGLY, task.execution() + " was never started, but told as " + told);
        }
    }

    /** @param isCut whether an engine was kept from keeping the end of it */
    private void judgeOutput(Task task, boolean isComplete, boolean isCut, String log) {
        String output = task.output();
        boolean isWhole = isComplete && !isCut;
        if (isWhole ? !log.equals(output) : !output.startsWith(log)) {
            int same = 0;
            while (same < Math.min(log.length(), output.length()) && log.charAt(same) == output.charAt(same)) {
                same++;
            }
            violate(
                    Kind.OUTPUT_WRONG,
                    "%s wrote %d bytes of output, %d are kept, and they differ from byte %d on: '%s'"
                            .formatted(
                                    task.execution(),
                                    output.length(),
                                    log.length(),
                                    same,
                                    log.substring(same, Math.min(log.length(), same + 100))
                                            .strip()));
            return;
        }
        counts.merge("bytes of output", log.length(), Integer::sum);
        if (isComplete && isCut && log.length() < output.length()) {
            count("output cut short with its container's engine");
            counts.merge("bytes of output cut off", output.length() - log.length(), Integer::sum);
        }
    }

    private void violate(Kind kind, String what) {
        violations.add(new Violation(kind, what));
    }

    private void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    /** For people. */
    String report() {
        StringBuilder text = new StringBuilder("%s, seed %d: %s%n"
                .formatted(
                        plan.backend().wireName(), plan.seed(), isGood() ? "good" : violations.size() + " VIOLATIONS"));
        violations.forEach(
                violation -> text.append("  VIOLATION: ").append(violation).append('\n'));
        counts.forEach((what, count) -> text.append("  %-35s %d%n".formatted(what, count)));
        remarks.forEach(remark -> text.append("  remark: ").append(remark).append('\n'));
        return text.toString();
    }
}
