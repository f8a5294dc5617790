package dev.slipway.simulation;

import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Peer;
import dev.slipway.protocol.ExecutorSync;
import java.util.HashMap;
import java.util.Map;

/** What a dispatcher that has read its ledger may not know yet, because not every executor has told it what it runs. */
final class SessionRules {
    /** A tick this much later than the one before it means that the dispatcher stood still, and could hear nobody. */
    private static final long LATE_TICK = 5_000;

    private final World world;
    private final long lease;
    private FakeLedger ledger;
    private long lastSeq;
    private long tickedAt;
    private long grantedAt;
    /** The incarnations of executors whose reports were read. */
    private final Map<String, Long> heard = new HashMap<>();

    SessionRules(World world, long lease, FakeLedger ledger) {
        this.world = world;
        this.lease = lease;
        this.ledger = ledger;
    }

    /** The ledger is read. */
    void begins(FakeLedger read) {
        ledger = read;
        lastSeq = read.lastSeq();
        tickedAt = 0;
        heard.clear();
    }

    void asks(Event event) {
        switch (event) {
            case Event.Tick _ -> {
                if (tickedAt == 0 || world.now() - tickedAt > LATE_TICK) {
                    grantedAt = world.now();
                }
                tickedAt = world.now();
            }
            case Event.ExecutorReport(String executor, ExecutorSync sync)
            when sync.session().equals(world.dispatcher().state().session()) ->
                heard.merge(executor, sync.incarnation(), Math::max);
            default -> {}
        }
    }

    /** Whether an executor that has not been heard may already have what was accepted before. */
    boolean mayHold(Execution execution) {
        return execution.seq() <= lastSeq
                && isGranted()
                && ledger.executors().stream().anyMatch(executor -> !isHeard(executor));
    }

    /**
     * Whether the dispatcher cannot have been told what the executor has: there was no time left to wait for it, or nobody knew
     * of it, or an older process of it spoke in its place.
     *
     * @param incarnation of the executor's newest process
     */
    boolean cannotKnow(String executor, long incarnation) {
        long known = heard.getOrDefault(executor, -1L);
        return known < incarnation
                && (known >= 0 || !isGranted() || ledger.executor(executor).isEmpty());
    }

    /** Whether everybody still has time to be heard. */
    private boolean isGranted() {
        return tickedAt == 0 || world.now() - grantedAt < lease;
    }

    private boolean isHeard(Peer.Executor executor) {
        return heard.getOrDefault(executor.id(), -1L) >= executor.incarnation();
    }
}
