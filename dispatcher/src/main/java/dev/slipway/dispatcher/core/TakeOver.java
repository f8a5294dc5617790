package dev.slipway.dispatcher.core;

import dev.slipway.protocol.ExecutionKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An attempt that this ledger has not decided yet: it is an older copy of the one that did. The run goes on as what it is, or
 * the execution would start a second time. That there is one shows that the execution was claimed.
 */
final class TakeOver {
    private TakeOver() {}

    /**
     * @param key of a run that the executor has, or has the end of
     * @param startedAt when its agent started, as the executor says; 0 if it never did
     * @return what is to be changed; nothing of a run that the ledger knows, or has closed
     */
    static List<Change> of(State state, String executor, ExecutionKey key, long startedAt, String actor, long now) {
        Optional<Execution> unknowing = state.execution(key.execution())
                .filter(execution -> execution.isOpen() && key.attempt() > execution.attempt());
        if (unknowing.isEmpty()) {
            return List.of();
        }
        Execution execution = unknowing.get();
        List<Change> changes = new ArrayList<>();
        if (!execution.claimed()) {
            changes.add(new Change.Claimed(execution.id()));
        }
        long launchedAt = startedAt > 0 ? Math.min(startedAt, now) : now;
        changes.add(new Change.Moved(
                state.nextSeq(now),
                execution.id(),
                key.attempt(),
                execution.life(),
                execution.life().toFound(executor, launchedAt),
                "found on " + executor + ", of which this ledger knew nothing: is it an older copy?",
                actor,
                now,
                Optional.empty()));
        return changes;
    }
}
