package dev.slipway.dispatcher.loop;

import java.util.Optional;
import java.util.regex.Pattern;

/** The W3C trace context as text, for example {@code 00-<32 hex digits>-<16 hex digits>-01}. */
public final class TraceParent {
    private static final Pattern FORM = Pattern.compile("00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}");

    private TraceParent() {}

    /** Empty if it is malformed. */
    public static Optional<String> traceId(String traceparent) {
        var matcher = FORM.matcher(traceparent);
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }
}
