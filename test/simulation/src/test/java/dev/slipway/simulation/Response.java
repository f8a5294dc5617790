package dev.slipway.simulation;

import dev.slipway.dispatcher.core.Reply;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.SyncAnswer;

/** What a caller of the dispatcher gets to see. */
sealed interface Response {
    /** To a call that is answered at once. */
    record Replied(Reply reply) implements Response {}

    /** To an executor's report. */
    record Synced(SyncAnswer answer) implements Response {}

    /** To a connector's report. */
    record ConnectorSynced(ConnectorSync.Answer answer) implements Response {}

    /** 409: the report is older than one already seen. */
    record Refused() implements Response {}

    /** 503: it could not be stored; nothing was. */
    record Unavailable() implements Response {}

    /** The connection broke: nobody knows what became of the call. */
    record Broken() implements Response {}
}
