package dev.slipway.cli;

import dev.slipway.protocol.Api;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Tasks in words, for people. */
final class TaskText {
    private static final int MAX_TITLE = 40;

    private TaskText() {}

    static String table(List<Api.Task> tasks, Instant now) {
        if (tasks.isEmpty()) {
            return "no tasks";
        }
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("ID", "STATE", "AGE", "EXECUTOR", "TITLE", "WAITING FOR"));
        for (var task : tasks) {
            rows.add(List.of(
                    visible(task.executionId()),
                    task.state().wireName() + (task.stalled() ? " (stalled)" : ""),
                    age(task.createdAt(), now),
                    visible(task.executor().orElse("-")),
                    shortened(visible(task.title().orElse("-"))),
                    visible(task.waiting().orElse(""))));
        }
        return columns(rows);
    }

    static String timeline(Api.Task task, List<Api.Event> events) {
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("execution", visible(task.executionId())));
        rows.add(List.of("task", visible(task.taskId())));
        task.title().ifPresent(title -> rows.add(List.of("title", visible(title))));
        rows.add(List.of(
                "state", task.state().wireName() + (task.stalled() ? ", and no output has come for long" : "")));
        task.waiting().ifPresent(waiting -> rows.add(List.of("waiting for", visible(waiting))));
        task.exitCode().ifPresent(code -> rows.add(List.of("exit code", String.valueOf(code))));
        task.reason().ifPresent(reason -> rows.add(List.of("reason", reason.wireName())));
        task.message().ifPresent(message -> rows.add(List.of("message", visible(message))));
        rows.add(List.of("source", visible(task.source())));
        task.executor().ifPresent(executor -> rows.add(List.of("executor", visible(executor))));
        if (!task.labels().isEmpty()) {
            rows.add(List.of("labels", visible(labels(task.labels()))));
        }
        task.traceId().ifPresent(trace -> rows.add(List.of("trace", visible(trace))));
        var lines = new ArrayList<List<String>>();
        for (var event : events) {
            lines.add(List.of(
                    visible(event.at()),
                    sinceFirst(events, event),
                    event.to().wireName(),
                    "attempt " + event.attempt(),
                    visible(event.cause()),
                    visible(event.actor())));
        }
        return columns(rows) + (lines.isEmpty() ? "" : "\n\n" + columns(lines));
    }

    /** Without the control characters that would move a terminal's cursor or change its colours. */
    static String visible(String text) {
        return text.codePoints()
                .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? ' ' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    static String columns(List<List<String>> rows) {
        int count = rows.getFirst().size();
        var widths = IntStream.range(0, count)
                .map(column -> rows.stream()
                        .mapToInt(row -> row.get(column).length())
                        .max()
                        .orElse(0))
                .toArray();
        return rows.stream()
                .map(row -> IntStream.range(0, count)
                        .mapToObj(column -> row.get(column)
                                + " ".repeat(widths[column] - row.get(column).length()))
                        .collect(Collectors.joining("  "))
                        .stripTrailing())
                .collect(Collectors.joining("\n"));
    }

    private static String labels(Map<String, String> labels) {
        return labels.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(label -> label.getKey() + "=" + label.getValue())
                .collect(Collectors.joining(", "));
    }

    private static String shortened(String title) {
        return title.codePointCount(0, title.length()) <= MAX_TITLE
                ? title
                : title.substring(0, title.offsetByCodePoints(0, MAX_TITLE - 1)) + "…";
    }

    private static String age(String since, Instant now) {
        try {
            return TimeSpans.shortly(Duration.between(Instant.parse(since), now));
        } catch (DateTimeParseException e) {
            return "?";
        }
    }

    private static String sinceFirst(List<Api.Event> events, Api.Event event) {
        try {
            var span = Duration.between(Instant.parse(events.getFirst().at()), Instant.parse(event.at()));
            return "+%d.%03ds".formatted(span.toSeconds(), span.toMillisPart());
        } catch (DateTimeParseException e) {
            return "?";
        }
    }
}
