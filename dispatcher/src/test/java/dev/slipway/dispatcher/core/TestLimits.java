package dev.slipway.dispatcher.core;

import dev.slipway.protocol.BackendKind;
import java.util.Map;
import java.util.OptionalLong;

/** Limits of a dispatcher that waits for everything as long as it takes. */
public final class TestLimits {
    private TestLimits() {}

    public static Limits of(int maxConcurrent, int queueLimit) {
        return of(maxConcurrent, queueLimit, 1_000_000);
    }

    /** @param retention in milliseconds */
    public static Limits of(int maxConcurrent, int queueLimit, long retention) {
        return of(maxConcurrent, queueLimit, Map.of(), retention);
    }

    static Limits of(int maxConcurrent, int queueLimit, Map<BackendKind, Integer> perBackend, long retention) {
        return new Limits(
                maxConcurrent,
                queueLimit,
                perBackend,
                new Limits.Times(
                        10_000,
                        15_000,
                        retention,
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        OptionalLong.empty()),
                new RetryPolicy(3, 5_000, 60_000));
    }
}
