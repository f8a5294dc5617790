package dev.slipway.simulation;

import dev.slipway.executor.core.RunId;

/** A run and the executor that it was launched on. */
record Seated(String executor, RunId run) {}
