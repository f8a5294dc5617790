package dev.slipway.executor.core;

/**
 * Told by a backend what it is doing to prepare a run, as often as it likes, in the words that {@link
 * dev.slipway.protocol.Preparing} describes: a change of the phase is reported at once, how far it is only now and then.
 */
@FunctionalInterface
public interface Progress {
    void step(String step);
}
