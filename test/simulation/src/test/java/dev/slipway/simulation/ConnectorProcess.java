package dev.slipway.simulation;

import dev.slipway.connector.outbox.Notice;
import dev.slipway.connector.outbox.Outbox;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Reply;
import dev.slipway.dispatcher.core.Source;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.TaskSubmission.Taken;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** One process of the connector: the shell around an {@link Outbox}, between the control plane and the dispatcher. */
class ConnectorProcess extends SimulatedProcess {
    static final String ID = "connector";

    private static final long SYNC_DEADLINE = 6_000;
    private static final long SUBMIT_DEADLINE = 5_000;
    private static final long WRITE_TIMEOUT = 10_000;
    private static final long KEEP_ALIVE = 15_000;
    private static final long BACK_OFF = 1_000;
    private static final long LONGEST_BACK_OFF = 8_000;

    /** Something that the dispatcher is asked until it answers. */
    private static final class Request {
        boolean isSettled;
    }

    final Outbox outbox = new Outbox();
    private final long incarnation;
    private final SplittableRandom chance;
    private final Lanes lanes = new Lanes();

    private @Nullable Connection connection;
    private Outbox.Report reported = Outbox.Report.EMPTY;
    private int dials;
    private int failedDials;
    private boolean writing;
    private long blockedSince;
    private long heardAt;
    private long latestSync;
    private boolean syncWanted;

    ConnectorProcess(World world, long incarnation) {
        super(world, ID + "@" + incarnation);
        this.incarnation = incarnation;
        this.chance = world.chance(ID);
    }

    final long incarnation() {
        return incarnation;
    }

    @Override
    void start() {
        sync();
        dial();
    }

    @Override
    void die() {
        super.die();
        if (connection != null) {
            connection.cut(0);
        }
    }

    // --- the control plane

    private void dial() {
        String name = name() + "/" + ++dials;
        Optional<Connection> accepted = world.plane().accept(this, name);
        if (accepted.isEmpty()) {
            later(Math.min(LONGEST_BACK_OFF, BACK_OFF << Math.min(10, failedDials++)), "dials again", this::dial);
            return;
        }
        failedDials = 0;
        Connection fresh = accepted.get();
        connection = fresh;
        heardAt = world.now();
        writing = false;
        blockedSince = 0;
        connected(name);
        syncSoon();
        pump();
        later(KEEP_ALIVE, "keeps " + name + " alive", () -> keepAlive(fresh));
    }

    /** A new connection is there. */
    void connected(String connection) {
        outbox.connected(connection);
    }

    final void lost(Connection gone) {
        if (connection == gone) {
            connection = null;
            outbox.disconnected();
            syncSoon();
            later(chance.nextLong(20), "dials", this::dial);
        }
    }

    /** Nothing fails any more: it goes on, and sees what it has lost. */
    final void calm() {
        resume();
        if (connection != null && connection.isCut()) {
            lost(connection);
        }
    }

    private void hangUp(Connection dead) {
        dead.cut(0);
        lost(dead);
    }

    private void keepAlive(Connection on) {
        if (connection != on) {
            return;
        }
        if (world.now() - heardAt > 2 * KEEP_ALIVE) {
            hangUp(on);
            return;
        }
        if (on.hasRoom()) {
            on.write(new Connection.Upward.Ping(outbox.ping()));
        }
        later(KEEP_ALIVE, "keeps " + on.name() + " alive", () -> keepAlive(on));
    }

    /** Writes what is to be written, as far as the peer lets it. */
    final void pump() {
        Connection on = connection;
        if (on == null || writing) {
            return;
        }
        Optional<Outbox.Outgoing> next = outbox.next();
        if (next.isEmpty() && !outbox.wantsPing()) {
            return;
        }
        if (!on.hasRoom()) {
            block(on);
            return;
        }
        blockedSince = 0;
        if (next.isEmpty()) {
            on.write(new Connection.Upward.Ping(outbox.ping()));
            return;
        }
        long id = next.get().id();
        writing = true;
        write(on, id, next.get().notice());
        later(chance.nextLong(4), "has written " + id, () -> {
            if (connection == on) {
                writing = false;
                written(id);
                reportNews();
                pump();
            }
        });
    }

    /** The frame is handed to the socket. */
    void write(Connection on, long id, Notice notice) {
        world.rules().writes(name(), id, notice);
        on.write(new Connection.Upward.Told(id, notice, world.now()));
    }

    /** The frame is in the socket, whole. */
    void written(long id) {
        outbox.written(id);
    }

    private void block(Connection on) {
        if (blockedSince != 0) {
            return;
        }
        world.met(Happening.WRITE_BLOCKED);
        long since = world.now();
        blockedSince = since;
        later(WRITE_TIMEOUT, "gives up writing", () -> {
            if (connection == on && blockedSince == since) {
                hangUp(on);
            }
        });
    }

    final void hear(Connection from, Connection.Downward frame) {
        if (connection != from) {
            return;
        }
        heardAt = world.now();
        switch (frame) {
            case Connection.Downward.Assigned(Assignment assignment, long sending) -> {
                world.rules().handedOver(name(), assignment);
                world.plane().handedOver(assignment, sending);
                lanes.add(assignment.task(), () -> take(assignment));
            }
            case Connection.Downward.Cancelled(String task) -> lanes.add(task, () -> cancel(task));
            case Connection.Downward.Pong pong -> {
                world.rules().ponged(pong.read());
                outbox.pong(pong.payload());
                reportNews();
            }
        }
        pump();
    }

    // --- the dispatcher

    private void take(Assignment assignment) {
        String task = assignment.task();
        String execution = assignment.id();
        if (!outbox.submitting(task, execution)) {
            world.rules().rejects(assignment);
            outbox.rejected(task, execution, "an earlier answer to it is still under way");
            pump();
            lanes.done(task);
            return;
        }
        Request request = new Request();
        submit(assignment, request);
        later(SUBMIT_DEADLINE, "waits for " + execution + " no longer", () -> {
            if (!request.isSettled) {
                world.met(Happening.REJECTED_WITHOUT_ANSWER);
                rejectUnanswered(assignment, "the dispatcher does not answer");
                settle(task, request);
            }
        });
    }

    private void submit(Assignment assignment, Request request) {
        world.wire()
                .call(
                        ID,
                        this,
                        world.submission(
                                incarnation,
                                assignment.id(),
                                assignment.execution().isPresent(),
                                assignment.task(),
                                Source.CONTROL_PLANE,
                                0,
                                false,
                                assignment.plan()),
                        response -> submitted(assignment, request, response));
    }

    private void submitted(Assignment assignment, Request request, Response response) {
        String task = assignment.task();
        String execution = assignment.id();
        if (request.isSettled) {
            return;
        }
        switch (response) {
            case Response.Replied(Reply.Queued _) -> {
                world.rules().takes(assignment);
                outbox.accepted(task, execution, Taken.QUEUED);
            }
            case Response.Replied(Reply.Known known) -> {
                world.rules().takes(assignment);
                world.met(Happening.KNOWN_EXECUTION_ASSIGNED_AGAIN);
                outbox.accepted(task, execution, known.open() ? Taken.OPEN : Taken.ENDED);
            }
            case Response.Replied _ -> {
                world.rules().rejects(assignment);
                outbox.rejected(task, execution, "worker at maximum concurrency");
            }
            case Response.Unavailable() -> rejectUnanswered(assignment, "the dispatcher cannot store it");
            case Response.Refused() -> rejectUnanswered(assignment, "a newer connector has taken over");
            default -> {
                later(500, "submits " + execution + " again", () -> {
                    if (!request.isSettled) {
                        submit(assignment, request);
                    }
                });
                return;
            }
        }
        settle(task, request);
    }

    private void rejectUnanswered(Assignment assignment, String reason) {
        if (outbox.rejectedUnanswered(assignment.task(), assignment.id(), reason)) {
            world.rules().rejectsUnanswered(name(), assignment);
        }
    }

    private void settle(String task, Request request) {
        request.isSettled = true;
        pump();
        lanes.done(task);
    }

    private void cancel(String task) {
        Request request = new Request();
        tryCancel(task, request);
    }

    private void tryCancel(String task, Request request) {
        world.wire().call(ID, this, Call.of(new Event.CancelTask(task, "control plane")), response -> {
            if (!request.isSettled && response instanceof Response.Replied) {
                settle(task, request);
            }
        });
        later(2_000, "cancels " + task + " again", () -> {
            if (!request.isSettled) {
                tryCancel(task, request);
            }
        });
    }

    private void reportNews() {
        if (outbox.report().isNewsAfter(reported)) {
            syncSoon();
        }
    }

    private void syncSoon() {
        if (!syncWanted) {
            syncWanted = true;
            later(chance.nextLong(30), "has news", this::sync);
        }
    }

    private void sync() {
        syncWanted = false;
        Outbox.Report report = outbox.report();
        reported = report;
        long seq = ++latestSync;
        world.wire()
                .call(
                        ID,
                        this,
                        Call.of(new Event.ConnectorReport(
                                ID,
                                new ConnectorSync(
                                        incarnation,
                                        seq,
                                        connection != null,
                                        report.holding(),
                                        report.claimsWritten(),
                                        report.confirmed(),
                                        report.declined(),
                                        0,
                                        0))),
                        response -> synced(seq, report, response));
        later(SYNC_DEADLINE, "waits for no answer to sync " + seq, () -> retry(seq));
    }

    private void retry(long seq) {
        if (latestSync == seq) {
            sync();
        }
    }

    private void synced(long seq, Outbox.Report report, Response response) {
        if (seq != latestSync) {
            return;
        }
        if (response instanceof Response.ConnectorSynced(ConnectorSync.Answer answer)) {
            synced(report, answer);
            pump();
            syncSoon();
        } else {
            later(BACK_OFF + chance.nextLong(BACK_OFF), "syncs again", () -> retry(seq));
        }
    }

    /** The dispatcher has answered the latest report. */
    void synced(Outbox.Report report, ConnectorSync.Answer answer) {
        outbox.synced(report, answer);
    }

    /** Whether there is nothing that the control plane is still to be told. */
    final boolean isIdle() {
        return outbox.report().equals(Outbox.Report.EMPTY) && outbox.next().isEmpty() && lanes.isEmpty();
    }
}
