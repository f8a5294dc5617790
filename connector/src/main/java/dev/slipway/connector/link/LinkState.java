package dev.slipway.connector.link;

/**
 * How the connection to the control plane fares.
 *
 * @param dialFailures in this process
 * @param remoteCloses connections lost in this process
 */
public record LinkState(boolean connected, long dialFailures, long remoteCloses) {
    LinkState withConnected(boolean now) {
        return new LinkState(now, dialFailures, remoteCloses);
    }

    LinkState dialFailed() {
        return new LinkState(connected, dialFailures + 1, remoteCloses);
    }

    LinkState remoteClosed() {
        return new LinkState(connected, dialFailures, remoteCloses + 1);
    }
}
