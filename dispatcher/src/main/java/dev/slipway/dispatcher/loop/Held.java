package dev.slipway.dispatcher.loop;

import dev.slipway.dispatcher.core.Answer;
import dev.slipway.dispatcher.core.Event;
import java.util.concurrent.CompletableFuture;

/** A report whose caller waits for an answer after it was accepted. */
record Held(Call call, CompletableFuture<Loop.Answered<?>> answer) {

    /** Which call an answer belongs to. */
    record Call(boolean executor, String peer, long incarnation, long seq) {
        static Call of(Answer answer) {
            return switch (answer) {
                case Answer.ToExecutor to -> new Call(true, to.executor(), to.incarnation(), to.seq());
                case Answer.ToConnector to -> new Call(false, to.connector(), to.incarnation(), to.seq());
            };
        }

        Event holdOver() {
            return executor
                    ? new Event.ExecutorHoldOver(peer, incarnation, seq)
                    : new Event.ConnectorHoldOver(peer, incarnation, seq);
        }
    }
}
