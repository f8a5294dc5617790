package dev.slipway.dispatcher.ledger;

import dev.slipway.protocol.Bytes;
import java.util.Map;
import java.util.Optional;

/**
 * What is stored of a submission besides what the core decides by.
 *
 * @param payload the {@link dev.slipway.protocol.TaskSpec} as JSON; it holds secrets
 */
public record Details(Optional<String> title, Map<String, String> labels, Optional<String> traceparent, Bytes payload) {
    public Details {
        labels = Map.copyOf(labels);
    }
}
