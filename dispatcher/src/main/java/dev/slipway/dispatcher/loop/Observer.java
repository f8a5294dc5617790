package dev.slipway.dispatcher.loop;

import dev.slipway.dispatcher.core.State;
import java.util.Map;

/** Is told what happened, on the loop's thread and in order: it must be quick, and must keep nothing of the state it is shown. */
public interface Observer {
    /**
     * The state was read from the ledger, at the start or after a failure.
     *
     * @param traceparents of the executions that have one
     */
    default void restored(State state, Map<String, String> traceparents) {}

    /** The batch is durable. */
    default void committed(Batch batch, State state) {}

    /** A batch was not stored; its callers were refused. */
    default void failed() {}
}
