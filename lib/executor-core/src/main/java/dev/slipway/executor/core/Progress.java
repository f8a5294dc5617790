package dev.slipway.executor.core;

/** Told by a backend what it is doing to prepare a run, in words for an operator. */
@FunctionalInterface
public interface Progress {
    void step(String step);
}
