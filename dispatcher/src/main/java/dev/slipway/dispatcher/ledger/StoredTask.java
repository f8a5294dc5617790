package dev.slipway.dispatcher.ledger;

import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Life;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.Outcome;
import dev.slipway.protocol.StopCause;
import java.util.Map;
import java.util.Optional;

/**
 * An execution with what only the ledger knows of it.
 *
 * @param executor where it runs or ran last
 * @param stopCause why it is or was being stopped
 * @param message cause and remedy of a failure
 */
public record StoredTask(
        Execution execution,
        Optional<String> executor,
        Optional<StopCause> stopCause,
        Optional<String> message,
        Optional<String> title,
        Optional<String> traceparent,
        Map<String, String> labels) {
    /** How it ended; empty while it has not. */
    public Optional<Outcome> outcome() {
        if (!(execution.life() instanceof Life.Ended ended)) {
            return Optional.empty();
        }
        return Optional.of(
                switch (ended.state()) {
                    case SUCCEEDED -> new Outcome.Succeeded();
                    case CANCELLED -> new Outcome.Cancelled();
                    default ->
                        new Outcome.Failed(
                                ended.reason().orElse(FailureReason.UNKNOWN), message.orElse(""), ended.exitCode());
                });
    }

    StoredTask withLabels(Map<String, String> theirs) {
        return new StoredTask(execution, executor, stopCause, message, title, traceparent, theirs);
    }
}
