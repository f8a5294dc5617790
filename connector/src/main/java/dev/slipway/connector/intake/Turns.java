package dev.slipway.connector.intake;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/** Lets jobs that are carried out side by side begin in the order in which they came: the oldest task is to run first. */
final class Turns {
    private final AtomicReference<CompletableFuture<Void>> last =
            new AtomicReference<>(CompletableFuture.completedFuture(null));

    /** A place in the order, behind all that were taken before. */
    record Turn(CompletableFuture<Void> before, CompletableFuture<Void> mine) {
        /** Whether all before it have passed within {@code atMost}. */
        boolean await(Duration atMost) throws InterruptedException {
            try {
                before.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
                return true;
            } catch (TimeoutException e) {
                return false;
            } catch (ExecutionException e) {
                throw new IllegalStateException("a turn does not fail", e);
            }
        }

        /** Lets the next one begin, once this one's own turn has come. */
        void pass() {
            mine.complete(null);
        }
    }

    /** One for a job that keeps nobody waiting and waits for nobody. */
    static Turn outOfOrder() {
        CompletableFuture<Void> passed = CompletableFuture.completedFuture(null);
        return new Turn(passed, passed);
    }

    Turn take() {
        var mine = new CompletableFuture<Void>();
        return new Turn(last.getAndUpdate(before -> CompletableFuture.allOf(before, mine)), mine);
    }
}
