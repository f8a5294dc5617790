package dev.slipway.acceptance;

import dev.slipway.acceptance.FaultPlan.Task;
import java.util.List;
import java.util.NavigableMap;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * What the journal tells of one task's agent. Pure.
 *
 * @param starts how often it was started
 * @param end the journal's line that tells its own end with its own exit code
 * @param limits by the journal's lines: how many bytes it had written at most when it wrote the next of them
 * @param length of its whole output, bytes
 */
record Trace(long starts, OptionalInt end, NavigableMap<Integer, Integer> limits, int length) {
    static Trace of(Task task, List<String> journal) {
        long starts = 0;
        OptionalInt end = OptionalInt.empty();
        NavigableMap<Integer, Integer> limits = new TreeMap<>();
        for (int at = 0; at < journal.size(); at++) {
            String[] words = journal.get(at).split(" ", -1);
            if (words.length != 3 || !words[1].equals(task.execution())) {
                continue;
            }
            switch (words[0]) {
                case "start" -> starts++;
                case "until" -> limits.put(at, Integer.parseInt(words[2]) * FaultPlan.LINE);
                case "end" -> {
                    if (words[2].equals(Integer.toString(task.exitCode()))) {
                        end = OptionalInt.of(at);
                    }
                }
                default -> throw new IllegalArgumentException("no agent writes '" + journal.get(at) + "'");
            }
        }
        return new Trace(starts, end, limits, task.lines() * FaultPlan.LINE);
    }

    boolean hasEnded() {
        return end.isPresent();
    }

    /** Whether it came to its own end before the journal had so many lines. */
    boolean hasEndedBy(int line) {
        return end.isPresent() && end.getAsInt() < line;
    }

    /** Bytes that it had certainly written when it ended or was ended. */
    int written() {
        return hasEnded() || limits.size() < 2
                ? (hasEnded() ? length : 0)
                : limits.lowerEntry(limits.lastKey()).getValue();
    }

    /** Bytes of which it had certainly written no more when the journal had so many lines. */
    int writtenAtMostBy(int line) {
        if (hasEndedBy(line)) {
            return length;
        }
        var last = limits.lowerEntry(line);
        return last == null ? 0 : last.getValue();
    }
}
