package dev.slipway.executor.core;

import jakarta.ws.rs.WebApplicationException;

/** What the failure of a call to the dispatcher means. */
enum Calls {
    /** It is away or overloaded, or cannot store anything now: the same call may work later. */
    AWAY,
    /** It refuses what was asked: the same call will not work later. */
    REFUSED,
    /** A newer process of this executor, a newer call of this process or a later attempt of the run has taken over. */
    OUTDATED,
    /** It does not accept the internal token. */
    UNAUTHORISED;

    static Calls of(RuntimeException failure) {
        if (!(failure instanceof WebApplicationException answer)) {
            return AWAY;
        }
        int status = answer.getResponse().getStatus();
        return switch (status) {
            case 401, 403 -> UNAUTHORISED;
            case 409 -> OUTDATED;
            case 408, 429 -> AWAY;
            default -> status >= 400 && status < 500 ? REFUSED : AWAY;
        };
    }
}
