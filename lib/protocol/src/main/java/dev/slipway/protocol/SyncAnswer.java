package dev.slipway.protocol;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What an executor is to do; everything in it is durable in the ledger.
 *
 * @param ledger the ledger's UUID: the mark of every run's evidence
 * @param session the dispatcher's session: give it with the next sync
 * @param launch start these, or adopt what already carries their key
 * @param stop end these, also when nothing is known of them (then: take away the right to start); repeated until a sync shows them stopping or finished
 * @param ack these endings are recorded: their evidence may go
 * @param drop these runs belong to no open execution: end them and remove their evidence, report nothing
 */
public record SyncAnswer(
        String ledger,
        String session,
        List<Launch> launch,
        List<Stop> stop,
        List<ExecutionKey> ack,
        List<ExecutionKey> drop) {
    public SyncAnswer {
        requireNonNull(ledger, "ledger");
        requireNonNull(session, "session");
        launch = List.copyOf(launch);
        stop = List.copyOf(stop);
        ack = List.copyOf(ack);
        drop = List.copyOf(drop);
    }

    public record Launch(ExecutionKey key, TaskSpec spec) {
        public Launch {
            requireNonNull(key, "key");
            requireNonNull(spec, "spec");
        }
    }

    /** @param graceMillis between the polite signal and the firm one */
    public record Stop(ExecutionKey key, long graceMillis) {
        public Stop {
            requireNonNull(key, "key");
        }
    }
}
