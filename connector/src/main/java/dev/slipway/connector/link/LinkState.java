package dev.slipway.connector.link;

/**
 * How the connection to the control plane fares.
 *
 * @param sinceMillis when {@code connected} last changed, milliseconds since the epoch
 * @param dialFailures in this process
 * @param remoteCloses connections lost in this process
 */
public record LinkState(boolean connected, long sinceMillis, long dialFailures, long remoteCloses) {
    LinkState withConnected(boolean now, long atMillis) {
        return new LinkState(now, atMillis, dialFailures, remoteCloses);
    }

    LinkState dialFailed() {
        return new LinkState(connected, sinceMillis, dialFailures + 1, remoteCloses);
    }

    LinkState remoteClosed() {
        return new LinkState(connected, sinceMillis, dialFailures, remoteCloses + 1);
    }
}
