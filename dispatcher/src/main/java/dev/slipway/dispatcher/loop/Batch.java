package dev.slipway.dispatcher.loop;

import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.ledger.Details;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What was decided together.
 *
 * @param at milliseconds since the epoch
 * @param events how many events it answers
 * @param details of the executions accepted in it, by id
 * @param commit how long the transaction took; zero when there was nothing to store
 */
public record Batch(long at, int events, List<Change> changes, Map<String, Details> details, Duration commit) {
    /** Those of one kind, in order. */
    <T extends Change> List<T> changes(Class<T> kind) {
        return changes.stream().filter(kind::isInstance).map(kind::cast).toList();
    }
}
