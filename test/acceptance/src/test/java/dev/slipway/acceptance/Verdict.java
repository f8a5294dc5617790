package dev.slipway.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.acceptance.FaultPlan.Task;
import dev.slipway.acceptance.FaultyBackend.Harm;
import dev.slipway.acceptance.FaultyBackend.Meanwhile;
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

    /** The same of one whose container was removed. */
    private static final String GONE = " is gone";

    /** The same of one whose engine was ended while it was to start it. */
    private static final String STARTED_UNSEEN = "Docker engine was restarted while it was to start";

    /** As SIGKILL and SIGTERM end a container: no agent of a plan exits so. */
    private static final int KILLED = 137;

    private static final Set<Integer> ENDED_BY_ENGINE = Set.of(KILLED, 143);

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
     * @param harmed what was done from outside, by execution
     * @param received what the control plane was sent
     * @param tasks of the API, by execution
     * @param logs the output that is kept, by execution
     * @param left what is there and should not be
     * @param remarks what the harness has to say
     */
    record Seen(
            List<String> journal,
            Map<String, List<Harm>> harmed,
            List<Received> received,
            Map<String, JsonNode> tasks,
            Map<String, String> logs,
            List<String> left,
            List<String> remarks) {
        List<Harm> harmsTo(String execution) {
            return harmed.getOrDefault(execution, List.of());
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
        for (Task task : plan.tasks()) {
            int before = verdict.violations.size();
            verdict.judge(task, seen);
            List<Harm> harms = seen.harmsTo(task.execution());
            if (verdict.violations.size() > before && !harms.isEmpty()) {
                verdict.remarks.add("done to %s: %s".formatted(task.execution(), harms));
            }
        }
        return verdict;
    }

    private void judge(Task task, Seen seen) {
        String execution = task.execution();
        count(task.fromControlPlane() ? "tasks from the control plane" : "tasks from the API");
        Trace trace = Trace.of(task, seen.journal());
        List<Harm> harms = seen.harmsTo(execution);
        if (trace.starts() > 1) {
            violate(Kind.STARTED_TWICE, execution + " was started " + trace.starts() + " times");
        }
        List<Told> told = told(task, seen);
        if (told.isEmpty()) {
            violate(
                    Kind.WITHOUT_RESULT,
                    execution + " has no result; its agent was started " + trace.starts() + " times and has "
                            + (trace.hasEnded() ? "ended; " : "not come to its end; ")
                            + seen.tasks().get(execution));
            return;
        }
        Told first = told.getFirst();
        if (!told.stream().allMatch(first::isSame)) {
            violate(Kind.TOLD_WRONGLY, execution + " was told in different ways: " + told);
        }
        if (harms.contains(new Harm.KeeperKilled())) {
            judgeUnkept(task, first);
        } else if (harms.stream().anyMatch(harm -> isExcused(trace, first, harm))) {
            count(excused(first));
        } else if (trace.hasEnded()) {
            judgeEnded(task, first);
        } else if (trace.starts() > 0) {
            judgeKilled(task, first);
        } else {
            judgeUnstarted(task, first);
        }
        List<Output.Loss> losses =
                harms.stream().flatMap(harm -> loss(trace, first, harm)).toList();
        judgeOutput(
                task,
                new Output(task.output(), trace.written(), losses),
                seen.logs().getOrDefault(execution, ""));
    }

    /** Whether this is the truth about what was done. */
    private static boolean isExcused(Trace trace, Told told, Harm harm) {
        if (!told.state().equals("failed")) {
            return false;
        }
        return switch (harm) {
            case Harm.KeeperKilled() -> false;
            case Harm.ContainerRemoved removed ->
                told.exitCode().isPresent()
                        ? told.exitCode().getAsInt() == KILLED && canBeEnded(trace, removed.meanwhile())
                        : removed.isGone() && told.message().contains(GONE);
            case Harm.EngineEnded ended ->
                told.exitCode().isPresent()
                        ? endsContainers(ended)
                                && ENDED_BY_ENGINE.contains(told.exitCode().getAsInt())
                                && canBeEnded(trace, ended.meanwhile())
                        : !ended.hadStarted() && isStartUnseen(told);
        };
    }

    /** One that lets them live ends those, too, that begin while it is stopped, if none runs when it looks. */
    private static boolean endsContainers(Harm.EngineEnded ended) {
        return !ended.keepsContainers() || (!ended.isKilled() && !ended.hadStarted());
    }

    /** Whether an agent may have been ended meanwhile: it did not come to its own end before, nor after. */
    private static boolean canBeEnded(Trace trace, Meanwhile meanwhile) {
        return trace.starts() > 0
                && !trace.hasEndedBy(meanwhile.from())
                && trace.hasEnded() == trace.hasEndedBy(meanwhile.to());
    }

    private static boolean isStartUnseen(Told told) {
        return told.exitCode().isEmpty() && told.message().contains(STARTED_UNSEEN);
    }

    private static String excused(Told told) {
        if (told.exitCode().isPresent()) {
            return "ended by the engine and told so";
        }
        return isStartUnseen(told) ? "started unseen and told so" : "removed and told so";
    }

    /** Where output may be missing because of what was done. */
    private static Stream<Output.Loss> loss(Trace trace, Told told, Harm harm) {
        return switch (harm) {
            case Harm.KeeperKilled() -> Stream.empty();
            case Harm.ContainerRemoved removed ->
                removed.isGone() ? Stream.of(new Output.Loss(removed.told(), trace.length())) : Stream.empty();
            case Harm.EngineEnded ended
            when !ended.hadStarted() && isStartUnseen(told) ->
                Stream.of(new Output.Loss(ended.recorded(), trace.length()));
            case Harm.EngineEnded ended
            when ended.isKilled() || ended.keepsContainers() || !ended.hadStarted() ->
                Stream.of(new Output.Loss(
                        ended.recorded(),
                        trace.writtenAtMostBy(ended.meanwhile().to())));
            case Harm.EngineEnded _ -> Stream.empty(); // it ended the container first, and recorded all
        };
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

    private void judgeOutput(Task task, Output output, String log) {
        if (!output.allows(log)) {
            int same = output.same(log, 0, 0);
            violate(
                    Kind.OUTPUT_WRONG,
                    "%s wrote %s%d bytes of output, %d are kept, %s may be missing, and they differ from byte %d on: '%s'"
                            .formatted(
                                    task.execution(),
                                    output.written() < output.all().length() ? "at least " : "",
                                    output.written(),
                                    log.length(),
                                    output.losses().isEmpty() ? "none" : output.losses(),
                                    same,
                                    log.substring(same, Math.min(log.length(), same + 100))
                                            .strip()));
            return;
        }
        counts.merge("bytes of output", log.length(), Integer::sum);
        if (log.length() < output.written()) {
            count("outputs that miss bytes with an engine or container");
            counts.merge(
                    "bytes of output missing with an engine or container",
                    output.written() - log.length(),
                    Integer::sum);
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
