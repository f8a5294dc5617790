package dev.slipway.dispatcher.loop;

import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Limits;
import dev.slipway.dispatcher.core.Reply;
import dev.slipway.dispatcher.core.State;
import dev.slipway.dispatcher.ledger.Details;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What waits for the loop. */
sealed interface Work {
    void refuse(RuntimeException why);

    /**
     * @param details present exactly for a submission
     * @param held present exactly for a report
     */
    record Decide(Event event, Optional<Details> details, Optional<Held> held, CompletableFuture<Reply> reply)
            implements Work {
        @Override
        public void refuse(RuntimeException why) {
            reply.completeExceptionally(why);
        }
    }

    /** Nothing to do but to look whether the loop is closed. */
    record Wake() implements Work {
        @Override
        public void refuse(RuntimeException why) {}
    }

    record Ask<T>(Loop.Question<T> question, CompletableFuture<T> answer) implements Work {
        void answer(State state, Limits limits, long now) {
            try {
                answer.complete(question.of(state, limits, now));
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        }

        @Override
        public void refuse(RuntimeException why) {
            answer.completeExceptionally(why);
        }
    }
}
