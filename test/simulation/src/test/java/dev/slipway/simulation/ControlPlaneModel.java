package dev.slipway.simulation;

import dev.slipway.connector.outbox.Notice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The control plane: it assigns and cancels, keeps what it could not send, sends again what it got no word of and what was
 * rejected, and answers pings. It acknowledges nothing.
 */
final class ControlPlaneModel {
    private static final int MOST_REPETITIONS = 2;

    private static final class Wanted {
        final Assignment assignment;
        /** The number of its latest sending. */
        long sending;
        /** When the connector read that one; empty before. */
        OptionalLong handedOverAt = OptionalLong.empty();

        boolean answered;
        int repetitions;

        Wanted(Assignment assignment) {
            this.assignment = assignment;
        }
    }

    private final World world;
    /** By task, the latest that it wants run. */
    private final Map<String, Wanted> wanted = new LinkedHashMap<>();

    private @Nullable Connection connection;
    private long sendings;
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
        wanted.values().stream().filter(task -> !task.answered).forEach(this::send);
        return Optional.of(accepted);
    }

    void assign(Assignment assignment) {
        Wanted task = new Wanted(assignment);
        wanted.put(assignment.task(), task);
        assign(task);
    }

    private void assign(Wanted task) {
        world.rules().assigned(task.assignment);
        send(task);
    }

    private void send(Wanted task) {
        task.sending = ++sendings;
        task.handedOverAt = OptionalLong.empty();
        task.answered = false;
        if (connection != null) {
            connection.send(new Connection.Downward.Assigned(task.assignment, task.sending));
        }
    }

    /** The connector reads an assignment: what it writes from now on may be the answer. */
    void handedOver(Assignment assignment, long sending) {
        Wanted task = wanted.get(assignment.task());
        if (task != null && task.sending == sending) {
            task.handedOverAt = OptionalLong.of(world.now());
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
        // The wire names only the task, and what it says may be older than the assignment; to go on asking, it knows
        // better.
        if (task.handedOverAt.isPresent()
                && task.handedOverAt.getAsLong() <= told.writtenAt()
                && world.rules().isOf(told, task.assignment)) {
            task.answered = true;
        }
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

    /** What it sent last and has heard nothing of. */
    List<Assignment> unanswered() {
        return wanted.values().stream()
                .filter(task -> !task.answered)
                .map(task -> task.assignment)
                .toList();
    }

    void cut(long unnoticed, long unreachable) {
        unreachableUntil = Math.max(unreachableUntil, world.now() + unreachable);
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
