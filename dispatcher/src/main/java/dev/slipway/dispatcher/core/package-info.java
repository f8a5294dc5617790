/**
 * Every decision about tasks, and nothing else: no I/O, no clock, no threads. Time and ids come in with the events; what was
 * decided comes out as {@link dev.slipway.dispatcher.core.Change}s, which are rows and memory alike.
 */
@org.jspecify.annotations.NullMarked
package dev.slipway.dispatcher.core;
