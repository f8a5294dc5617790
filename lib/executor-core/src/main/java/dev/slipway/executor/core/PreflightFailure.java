package dev.slipway.executor.core;

/** Tasks cannot run on this host or engine as it is. The message gives cause and remedy. */
public final class PreflightFailure extends Exception {
    public PreflightFailure(String message) {
        super(message);
    }
}
