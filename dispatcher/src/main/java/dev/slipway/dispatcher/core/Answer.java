package dev.slipway.dispatcher.core;

import dev.slipway.protocol.ExecutionKey;
import java.util.List;

/** The answer to a held call, given once everything in it is durable. */
public sealed interface Answer {
    /** The call it answers. */
    long incarnation();

    /** The call it answers. */
    long seq();

    /** See {@link dev.slipway.protocol.SyncAnswer}; payloads are added where the answer is sent. */
    record ToExecutor(
            String executor,
            long incarnation,
            long seq,
            List<ExecutionKey> launch,
            List<ExecutionKey> stop,
            List<ExecutionKey> ack,
            List<ExecutionKey> drop)
            implements Answer {}

    /** See {@link dev.slipway.protocol.ConnectorSync.Answer}; outcomes are added where the answer is sent. */
    record ToConnector(String connector, long incarnation, long seq, List<Message> messages, List<Long> drop)
            implements Answer {}
}
