package dev.slipway.dispatcher.ledger;

import dev.slipway.dispatcher.core.Source;
import dev.slipway.protocol.TaskState;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Which executions to list, newest first.
 *
 * @param labels all of which they carry
 * @param before only those whose seq is lower
 */
public record TaskQuery(
        Optional<TaskState> state,
        Optional<Source> source,
        Map<String, String> labels,
        OptionalLong before,
        int limit) {
    public TaskQuery {
        labels = Map.copyOf(labels);
    }
}
