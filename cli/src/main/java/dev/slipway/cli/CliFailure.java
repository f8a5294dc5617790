package dev.slipway.cli;

/** A command cannot do what it was asked to; the message says why and what helps. */
public class CliFailure extends RuntimeException {
    public CliFailure(String message) {
        super(message);
    }
}
