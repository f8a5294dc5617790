package dev.slipway.connector.intake;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import java.util.function.Consumer;

/** Begins the trace that everything of one task belongs to. */
public final class Traces {
    private final Tracer tracer;

    public Traces(Tracer tracer) {
        this.tracer = tracer;
    }

    /** Runs the action inside a span at the root of a new trace, and tells it the W3C trace context. */
    void begin(Consumer<String> action) {
        Span span = tracer.spanBuilder("task assigned")
                .setNoParent()
                .setSpanKind(SpanKind.CONSUMER)
                .startSpan();
        try (Scope _ = span.makeCurrent()) {
            action.accept(traceparent(span.getSpanContext()));
        } finally {
            span.end();
        }
    }

    private static String traceparent(SpanContext context) {
        return "00-" + context.getTraceId() + "-" + context.getSpanId() + "-"
                + context.getTraceFlags().asHex();
    }
}
