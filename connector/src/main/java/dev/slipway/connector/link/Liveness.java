package dev.slipway.connector.link;

import java.time.Duration;
import java.time.Instant;

/** Whether the peer still answers: it is asked by a ping at intervals, and must have sent data or a pong lately. */
final class Liveness {
    private final Duration pingInterval;
    private final Duration deadAfter;
    private Instant pinged;
    private Instant heard;

    /** @param now when the connection was made; the first ping is due at once, to see whether it carries anything */
    Liveness(Duration pingInterval, Duration deadAfter, Instant now) {
        this.pingInterval = pingInterval;
        this.deadAfter = deadAfter;
        this.pinged = now.minus(pingInterval);
        this.heard = now;
    }

    void pinged(Instant now) {
        pinged = now;
    }

    /** Data or a pong came in. The peer's own pings do not count: a proxy may send them for it. */
    void heard(Instant now) {
        if (now.isAfter(heard)) {
            heard = now;
        }
    }

    boolean isPingDue(Instant now) {
        return !now.isBefore(pinged.plus(pingInterval));
    }

    boolean isDead(Instant now) {
        return !now.isBefore(heard.plus(deadAfter));
    }

    /** How long nothing will change by time alone. */
    Duration quiet(Instant now) {
        Instant ping = pinged.plus(pingInterval);
        Instant death = heard.plus(deadAfter);
        return Duration.between(now, ping.isBefore(death) ? ping : death);
    }
}
