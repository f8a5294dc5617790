package dev.slipway.dispatcher.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.dispatcher.access.Refusal;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Reply;
import dev.slipway.dispatcher.ledger.Details;
import dev.slipway.dispatcher.loop.Loop;
import dev.slipway.dispatcher.loop.TraceParent;
import dev.slipway.protocol.Bytes;
import dev.slipway.protocol.TaskSpec;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Optional;

/** The way into the queue, the same for the control plane's tasks and for everybody's. */
@Singleton
public final class Intake {
    private static final int MAX_PAYLOAD = 32 << 20;

    private final Loop loop;
    private final ObjectMapper json;

    Intake(Loop loop, ObjectMapper json) {
        this.loop = loop;
        this.json = json;
    }

    /** What is wrong with a task, in words for its submitter; empty if it can be run as far as can be seen from here. */
    public Optional<String> check(String executionId, TaskSpec spec) {
        return SpecRules.fault(executionId, spec);
    }

    /**
     * Stores a submission that was checked.
     *
     * @throws Refusal 413 if it is too large, 503 if it cannot be stored now
     */
    public Reply take(Event.Submit submit, Optional<String> title, Map<String, String> labels, TaskSpec spec) {
        Bytes payload = payload(spec);
        if (payload.length() > MAX_PAYLOAD) {
            throw Refusal.tooLarge("The task is larger than the 32 MiB that are taken.");
        }
        Optional<String> traceparent =
                spec.traceparent().filter(text -> TraceParent.traceId(text).isPresent());
        return loop.submit(submit, new Details(title, labels, traceparent, payload));
    }

    /** The answer to a submission that finds no room. */
    public static Refusal full() {
        return new Refusal(429, "worker at maximum concurrency");
    }

    private Bytes payload(TaskSpec spec) {
        try {
            return Bytes.wrap(json.writeValueAsBytes(spec));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a task that was read from JSON can be written as JSON", e);
        }
    }
}
