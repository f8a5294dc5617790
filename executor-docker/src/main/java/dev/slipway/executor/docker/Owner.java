package dev.slipway.executor.docker;

import dev.slipway.executor.core.RunId;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * In whose name things are made at an engine that many may use.
 *
 * @param executor its id
 * @param incarnation the id of its process: another one each time it is started
 */
record Owner(String executor, String incarnation) {
    /** @param kind what {@link Names#KIND} says of the thing */
    Map<String, String> labels(String kind) {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put(Names.KIND, kind);
        labels.put(Names.EXECUTOR, executor);
        labels.put(Names.INCARNATION, incarnation);
        return labels;
    }

    Map<String, String> labels(String kind, RunId run) {
        Map<String, String> labels = labels(kind);
        labels.put(Names.LEDGER, run.ledger());
        labels.put(Names.EXECUTION, run.key().execution());
        labels.put(Names.ATTEMPT, Integer.toString(run.key().attempt()));
        return labels;
    }

    /** Whether this very process has made what has these labels. */
    boolean hasMade(Map<String, String> labels) {
        return incarnation.equals(labels.get(Names.INCARNATION));
    }
}
