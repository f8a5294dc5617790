package dev.slipway.cli;

import java.time.Duration;
import java.util.regex.Pattern;

/** Spans of time as people write and read them. */
final class TimeSpans {
    private static final Pattern SPAN = Pattern.compile("([0-9]{1,9})([smhd]?)");

    private TimeSpans() {}

    /** Reads {@code 90}, {@code 30s}, {@code 10m}, {@code 1h} or {@code 2d}; at least one second. */
    static Duration parse(String text) {
        var match = SPAN.matcher(text);
        if (match.matches()) {
            long count = Long.parseLong(match.group(1));
            var span = switch (match.group(2)) {
                case "m" -> Duration.ofMinutes(count);
                case "h" -> Duration.ofHours(count);
                case "d" -> Duration.ofDays(count);
                default -> Duration.ofSeconds(count);
            };
            if (!span.isZero()) {
                return span;
            }
        }
        throw new CliFailure("'%s' is not a span of time: write for example 30s, 10m or 1h".formatted(text));
    }

    /** The largest unit is enough to see how old something is. */
    static String shortly(Duration span) {
        if (span.compareTo(Duration.ofMinutes(2)) < 0) {
            return Math.max(0, span.toSeconds()) + "s";
        }
        if (span.compareTo(Duration.ofHours(2)) < 0) {
            return span.toMinutes() + "m";
        }
        return span.compareTo(Duration.ofDays(2)) < 0 ? span.toHours() + "h" : span.toDays() + "d";
    }
}
