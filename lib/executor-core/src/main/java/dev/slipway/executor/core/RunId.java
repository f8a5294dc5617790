package dev.slipway.executor.core;

import dev.slipway.protocol.ExecutionKey;

/**
 * One run as its evidence names it. Runs of different ledgers never meet, even when their keys are equal.
 *
 * @param ledger the UUID of the ledger that launched it
 * @param key what was launched
 */
public record RunId(String ledger, ExecutionKey key) {
    @Override
    public String toString() {
        return key.toString();
    }
}
