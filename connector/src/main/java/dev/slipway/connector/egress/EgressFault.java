package dev.slipway.connector.egress;

/** The environment names a way out that cannot be taken; the message says in one sentence what to do, and no secret. */
public final class EgressFault extends Exception {
    EgressFault(String message) {
        super(message);
    }
}
