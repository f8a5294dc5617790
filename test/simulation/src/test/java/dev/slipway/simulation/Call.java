package dev.slipway.simulation;

import dev.slipway.dispatcher.core.Event;
import dev.slipway.protocol.TaskSpec;
import java.util.Optional;

/**
 * A request to the dispatcher.
 *
 * @param payload what is to be run, if it is a submission
 */
record Call(Event event, Optional<TaskSpec> payload) {
    static Call of(Event event) {
        return new Call(event, Optional.empty());
    }
}
