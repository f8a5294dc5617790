package dev.slipway.executor.core;

import java.util.Optional;

/**
 * A run that an earlier process of this executor left.
 *
 * @param traceparent the W3C trace context that the run was launched with
 */
public record Survivor(RunId run, Optional<String> traceparent) {}
