/**
 * The very classes that decide (the dispatcher's core, the executor's table of runs, the connector's outbox) driven through
 * histories of crashes, losses, delays and pauses in virtual time, with the design's rules asserted after every step.
 */
@NullMarked
package dev.slipway.simulation;

import org.jspecify.annotations.NullMarked;
