package dev.slipway.connector;

/** The connector cannot start; the message says in one sentence what to do. */
public final class Misconfigured extends RuntimeException {
    Misconfigured(String message) {
        super(message);
    }
}
