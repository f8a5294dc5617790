package dev.slipway.simulation;

import dev.slipway.connector.outbox.Notice;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The control plane: it assigns and cancels, keeps what it could not send, sends again what it got no word of and what was
 * rejected, and answers pings. It acknowledges nothing.
 */
final class ControlPlaneModel {
    private static final int MOST_REPETITIONS = 2;

    private static final class Wanted {
        final Assignment assignment;
        boolean heardOf;
        int repetitions;

        Wanted(Assignment assignment) {
            this.assignment = assignment;
        }
    }

    private final World world;
    /** By task, the latest that it wants run. */
    private final Map<String, Wanted> wanted = new LinkedHashMap<>();

    private @Nullable Connection connection;
    private long unreachableUntil;
    private long deafUntil;

    ControlPlaneModel(World world) {
        this.world = world;
    }

    /** A connector dials. */
    Optional<Connection> accept(ConnectorProcess connector, String name) {
        if (world.now() < unreachableUntil) {
            return Optional.empty();
        }
        if (connection != null) {
            connection.cut(0);
        }
        Connection accepted = new Connection(world, name, connector, this);
        connection = accepted;
        wanted.values().stream().filter(task -> !task.heardOf).forEach(task -> send(task.assignment));
        return Optional.of(accepted);
    }

    void assign(Assignment assignment) {
        wanted.put(assignment.task(), new Wanted(assignment));
        world.rules().assigned(assignment);
        send(assignment);
    }

    private void send(Assignment assignment) {
        if (connection != null) {
            connection.send(new Connection.Downward.Assigned(assignment));
        }
    }

    void cancel(String task) {
        if (connection != null) {
            connection.send(new Connection.Downward.Cancelled(task));
        }
    }

    void hear(Connection.Upward.Told told) {
        world.rules().heard(told);
        Wanted task = wanted.get(told.notice().taskId());
        if (task == null) {
            return;
        }
        task.heardOf = true;
        if (told.notice() instanceof Notice.Rejected && task.repetitions < MOST_REPETITIONS) {
            task.repetitions++;
            world.after(
                    3_000L * task.repetitions,
                    () -> "the control plane assigns " + task.assignment.id() + " again",
                    () -> {
                        if (wanted.get(task.assignment.task()) == task) {
                            assign(task);
                        }
                    });
        }
    }

    private void assign(Wanted task) {
        task.heardOf = false;
        world.rules().assigned(task.assignment);
        send(task.assignment);
    }

    void cut(long unnoticed, long unreachable) {
        unreachableUntil = world.now() + unreachable;
        if (connection != null) {
            connection.cut(unnoticed);
        }
    }

    void lost(Connection gone) {
        if (connection == gone) {
            connection = null;
        }
    }

    void deafen(long millis) {
        deafUntil = Math.max(deafUntil, world.now() + millis);
        world.after(millis, () -> "the control plane reads again", this::readAgain);
    }

    boolean isDeaf() {
        return world.now() < deafUntil;
    }

    void calm() {
        unreachableUntil = 0;
        deafUntil = 0;
        readAgain();
    }

    /** It will not send anything again. */
    void wantNothing() {
        wanted.clear();
    }

    private void readAgain() {
        if (connection != null) {
            connection.deliver();
        }
    }
}
