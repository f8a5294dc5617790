package dev.slipway.simulation;

import dev.slipway.connector.outbox.Notice;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** One connection between connector and control plane: both ways in order, until it is cut. */
final class Connection {
    /** What is written before the peer reads; then the socket takes no more. */
    private static final int BUFFER = 3;

    private static final long LATENCY = 30;

    /** From the connector to the control plane. */
    sealed interface Upward {
        /**
         * @param id the message's number, by which the rules know it; it is not on the wire
         * @param writtenAt when it was handed to the socket; not on the wire either
         */
        record Told(long id, Notice notice, long writtenAt) implements Upward {}

        record Ping(String payload) implements Upward {}
    }

    /** From the control plane to the connector. */
    sealed interface Downward {
        /** @param sending the control plane's number of this very sending; it is not on the wire */
        record Assigned(Assignment assignment, long sending) implements Downward {}

        record Cancelled(String task) implements Downward {}

        record Pong(String payload, List<Long> read) implements Downward {}
    }

    private final World world;
    private final String name;
    private final ConnectorProcess connector;
    private final ControlPlaneModel plane;
    private final Deque<Upward> unread = new ArrayDeque<>();
    private final List<Long> read = new ArrayList<>();
    private int underway;
    private boolean cut;
    private long lastUp;
    private long lastDown;

    Connection(World world, String name, ConnectorProcess connector, ControlPlaneModel plane) {
        this.world = world;
        this.name = name;
        this.connector = connector;
        this.plane = plane;
    }

    String name() {
        return name;
    }

    boolean isCut() {
        return cut;
    }

    boolean hasRoom() {
        return underway + unread.size() < BUFFER;
    }

    /** The connector hands a frame to its socket; on a connection that was cut it is lost. */
    void write(Upward frame) {
        if (cut) {
            return;
        }
        underway++;
        lastUp = Math.max(lastUp, world.now() + latency());
        world.at(lastUp, () -> "the control plane receives " + frame, () -> {
            if (!cut) {
                underway--;
                unread.add(frame);
                deliver();
            }
        });
    }

    /** The control plane reads what there is, unless it is deaf. */
    void deliver() {
        while (!cut && !plane.isDeaf() && !unread.isEmpty()) {
            switch (unread.removeFirst()) {
                case Upward.Told told -> {
                    read.add(told.id());
                    plane.hear(told);
                }
                case Upward.Ping(String payload) -> send(new Downward.Pong(payload, List.copyOf(read)));
            }
        }
        if (!cut && hasRoom()) {
            connector.perform(connector::pump);
        }
    }

    void send(Downward frame) {
        if (cut) {
            return;
        }
        lastDown = Math.max(lastDown, world.now() + latency());
        world.at(lastDown, () -> "the connector receives " + frame, () -> {
            if (!cut) {
                connector.perform(() -> connector.hear(this, frame));
            }
        });
    }

    /** The connection is gone; what was underway is lost. The connector notices after {@code unnoticed}. */
    void cut(long unnoticed) {
        if (cut) {
            return;
        }
        cut = true;
        if (!unread.isEmpty() || underway > 0) {
            world.met(Happening.CONNECTION_LOST_WITH_UNREAD_FRAMES);
        }
        if (unnoticed > 0) {
            world.met(Happening.CONNECTION_LOST_UNNOTICED);
        }
        plane.lost(this);
        connector.later(unnoticed, "notices that " + name + " is gone", () -> connector.lost(this));
    }

    private long latency() {
        return 1 + world.chance("control plane's connection").nextLong(LATENCY);
    }
}
