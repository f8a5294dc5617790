package dev.slipway.dispatcher.api;

import dev.slipway.protocol.Api;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a submission over the public API must satisfy besides {@link SpecRules}. */
final class SubmitRules {
    private static final int MAX_LABELS = 64;
    private static final int MAX_LABEL_VALUE = 256;
    private static final int MAX_TITLE = 1_024;
    private static final int MAX_PRIORITY = 1_000;
    private static final long MAX_TIMEOUT_SECONDS = 366L * 24 * 3_600;
    private static final Pattern LABEL_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,127}");

    private SubmitRules() {}

    static Optional<String> fault(Api.Submit submit) {
        if (submit.command().isEmpty()) {
            return Optional.of("Name the command to run: \"command\": [\"program\", \"argument\"].");
        }
        if (submit.timeoutSeconds()
                .filter(t -> t < 1 || t > MAX_TIMEOUT_SECONDS)
                .isPresent()) {
            return Optional.of("\"timeoutSeconds\" is between 1 and " + MAX_TIMEOUT_SECONDS + " (366 days).");
        }
        if (submit.priority().filter(p -> Math.abs((long) p) > MAX_PRIORITY).isPresent()) {
            return Optional.of("\"priority\" is between -" + MAX_PRIORITY + " and " + MAX_PRIORITY + ".");
        }
        if (submit.title()
                .filter(t -> t.length() > MAX_TITLE || !SpecRules.isStorable(t))
                .isPresent()) {
            return Optional.of("\"title\" has at most " + MAX_TITLE + " characters.");
        }
        return labels(submit.labels());
    }

    private static Optional<String> labels(Map<String, String> labels) {
        if (labels.size() > MAX_LABELS) {
            return Optional.of("A task has at most " + MAX_LABELS + " labels.");
        }
        if (!labels.keySet().stream().allMatch(name -> LABEL_NAME.matcher(name).matches())) {
            return Optional.of(
                    "A label's name has 1 to 128 letters, digits, dots, slashes, dashes and underscores, and begins with a letter or digit.");
        }
        if (labels.values().stream()
                .anyMatch(value -> value.length() > MAX_LABEL_VALUE || !SpecRules.isStorable(value))) {
            return Optional.of("A label's value has at most " + MAX_LABEL_VALUE + " characters.");
        }
        return Optional.empty();
    }
}
