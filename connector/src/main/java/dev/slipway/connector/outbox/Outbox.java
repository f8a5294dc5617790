package dev.slipway.connector.outbox;

import dev.slipway.protocol.Cause;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.Outcome;
import dev.slipway.protocol.TaskSubmission.Taken;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is to be written to the control plane, in which order, and what of it has certainly arrived.
 *
 * <pre>
 *   TAKEN ──synced()──▶ WAITING ──written()──▶ WRITTEN ──pong() of a ping sent after it──▶ CONFIRMED ──synced()──▶ gone
 *                          ▲                      │
 *                          └────── connected() ───┘   what was not confirmed is written again on the next connection
 * </pre>
 *
 * <p>A claim begins as TAKEN: it is written only once the dispatcher knows that this connector holds it. So the dispatcher
 * knows of every claim that may have been written, and can take back the others when this connector is gone: it may have
 * rejected those.
 *
 * <p>Messages come from the dispatcher, whose ledger keeps them until they are reported as confirmed; notices of the
 * connector's own (rejections, refused assignments) live only here. All are written oldest first, and so in order per task.
 *
 * <p>No I/O, clock or threads: the caller sees to it that calls do not overlap.
 */
public final class Outbox {
    /** So many unconfirmed notices of the connector's own are kept; beyond it the oldest ones go. */
    static final int MAX_LOCAL = 1_000;

    /** So many executions are remembered as rejected, and so many as the dispatcher's. */
    static final int MAX_REMEMBERED = 10_000;

    private enum Stage {
        TAKEN,
        WAITING,
        WRITTEN,
        CONFIRMED
    }

    /** @param ping the first ping on this connection that was or will be sent after it; of a meaning only once written */
    private record Held(long id, String executionId, Notice notice, Stage stage, long ping) {
        Held at(Stage newStage, long newPing) {
            return new Held(id, executionId, notice, newStage, newPing);
        }

        boolean isLocal() {
            return id < 0;
        }
    }

    /** @param isTaken whether the dispatcher is known to have it, from before or by a message that came meanwhile */
    private record Submission(String taskId, boolean isTaken) {}

    /** @param id the number to give to {@link Outbox#written}; negative for the connector's own */
    public record Outgoing(long id, Notice notice) {}

    /**
     * What the dispatcher is told with the next sync; see {@link ConnectorSync}. It is told again until a sync that
     * carried it was accepted.
     */
    public record Report(List<Long> holding, List<Long> claimsWritten, List<Long> confirmed, List<Long> declined) {
        public static final Report EMPTY = new Report(List.of(), List.of(), List.of(), List.of());

        /** Whether it tells something that the earlier report did not. */
        public boolean isNewsAfter(Report earlier) {
            return !new HashSet<>(earlier.claimsWritten).containsAll(claimsWritten)
                    || !new HashSet<>(earlier.confirmed).containsAll(confirmed)
                    || !new HashSet<>(earlier.declined).containsAll(declined);
        }
    }

    private final Map<Long, Held> held = new LinkedHashMap<>();
    private final Set<Long> claimsWritten = new TreeSet<>();
    /** By the number of the claim, the execution it claims. */
    private final Map<Long, String> declined = new LinkedHashMap<>();

    private final Map<String, Submission> submitting = new HashMap<>();

    /** By task, what the dispatcher took over since the last sync: the answer under way may have been given before. */
    private final Map<String, String> justTaken = new HashMap<>();

    private final Set<String> rejected = new LinkedHashSet<>();

    /** Executions that the dispatcher has, as far as is known here, and that have not ended. */
    private final Set<String> known = new LinkedHashSet<>();

    private Optional<String> connection = Optional.empty();
    private long pings;
    private long lastLocal;

    /**
     * A new connection is up: everything unconfirmed is to be written on it.
     *
     * @param name unique among all connections of this process
     */
    public void connected(String name) {
        connection = Optional.of(name);
        pings = 0;
        held.replaceAll((id, message) -> message.stage == Stage.WRITTEN ? message.at(Stage.WAITING, 0) : message);
    }

    public void disconnected() {
        connection = Optional.empty();
    }

    /** The next to write, if a connection is up; the same one until it is {@link #written}. */
    public Optional<Outgoing> next() {
        if (connection.isEmpty()) {
            return Optional.empty();
        }
        return held.values().stream()
                .filter(message -> message.stage == Stage.WAITING && !isInDoubt(message) && !isBehindAClaim(message))
                .findFirst()
                .map(message -> new Outgoing(message.id, message.notice));
    }

    /** A result waits while another execution of its task is submitted: should that be accepted, it would end that one. */
    private boolean isInDoubt(Held message) {
        return message.notice instanceof Notice.Ended
                && submitting.entrySet().stream()
                        .anyMatch(submission -> submission.getValue().taskId.equals(message.notice.taskId())
                                && !submission.getKey().equals(message.executionId));
    }

    /** What is told of a task keeps its order. */
    private boolean isBehindAClaim(Held message) {
        return held.values().stream()
                .anyMatch(other -> other.stage == Stage.TAKEN
                        && 0 < other.id
                        && other.id < message.id
                        && other.notice.taskId().equals(message.notice.taskId()));
    }

    /** The message was handed to the connection's socket, whole. */
    public void written(long id) {
        Held message = held.get(id);
        if (message == null || message.stage != Stage.WAITING || connection.isEmpty()) {
            return;
        }
        held.put(id, message.at(Stage.WRITTEN, pings + 1));
        if (message.notice instanceof Notice.Claimed) {
            claimsWritten.add(id);
        }
    }

    /** Whether something was written since the last ping, so that a ping is wanted at once. */
    public boolean wantsPing() {
        return connection.isPresent()
                && held.values().stream().anyMatch(message -> message.stage == Stage.WRITTEN && message.ping > pings);
    }

    /** Whether everything here has been confirmed. */
    public boolean isSettled() {
        return held.values().stream().allMatch(message -> message.stage == Stage.CONFIRMED);
    }

    /** The payload of the ping that is now sent; its pong confirms everything written before. */
    public String ping() {
        pings++;
        return payload(pings);
    }

    /**
     * A pong came in on the present connection. Payloads that were not sent on it prove nothing.
     *
     * @return whether it answers a ping of this connection
     */
    public boolean pong(String payload) {
        // A peer may answer only the latest of several pings, so a pong speaks for the earlier ones too.
        long ping = number(payload);
        if (connection.isEmpty() || ping < 1 || ping > pings || !payload.equals(payload(ping))) {
            return false;
        }
        for (Held message : List.copyOf(held.values())) {
            if (message.stage == Stage.WRITTEN && message.ping <= ping) {
                if (message.isLocal()) {
                    held.remove(message.id);
                } else {
                    held.put(message.id, message.at(Stage.CONFIRMED, 0));
                }
            }
        }
        return true;
    }

    /**
     * The execution is about to be submitted.
     *
     * @return false if it must be rejected instead: the dispatcher has not yet heard that its claim was declined
     */
    public boolean submitting(String taskId, String executionId) {
        if (declined.containsValue(executionId)) {
            return false;
        }
        rejected.remove(executionId);
        submitting.put(executionId, new Submission(taskId, known.contains(executionId)));
        return true;
    }

    /** The dispatcher has the execution. What is still to be said of the task's earlier ones would end this one. */
    public void accepted(String taskId, String executionId, Taken taken) {
        submitting.remove(executionId);
        if (taken != Taken.ENDED) {
            remember(known, executionId);
        }
        held.values()
                .removeIf(message -> message.notice.taskId().equals(taskId)
                        && (message.isLocal() || (taken == Taken.QUEUED && isStaleResult(message, executionId))));
        if (taken == Taken.QUEUED) {
            justTaken.put(taskId, executionId);
        }
    }

    private static boolean isStaleResult(Held message, String newExecution) {
        return message.notice instanceof Notice.Ended
                && message.stage != Stage.CONFIRMED
                && !message.executionId.equals(newExecution);
    }

    /**
     * The dispatcher has not taken the execution: the control plane keeps the task. An earlier try that was not answered may
     * still reach the dispatcher; its claim will be declined.
     */
    public void rejected(String taskId, String executionId, String reason) {
        submitting.remove(executionId);
        known.remove(executionId);
        reject(taskId, executionId, reason);
    }

    /**
     * Nobody knows whether the dispatcher has the execution. It is rejected, and should the dispatcher have it, its claim
     * will be declined: the control plane may by then have given the task to another worker.
     *
     * @return false if it is not rejected, because the dispatcher is known to have it: the assignment came again, or a message
     *     of it came meanwhile. Its claim was or will be written, and so will its result.
     */
    public boolean rejectedUnanswered(String taskId, String executionId, String reason) {
        Submission submission = submitting.remove(executionId);
        if (submission == null ? known.contains(executionId) : submission.isTaken) {
            return false;
        }
        reject(taskId, executionId, reason);
        return true;
    }

    private void reject(String taskId, String executionId, String reason) {
        remember(rejected, executionId);
        addLocal(executionId, new Notice.Rejected(taskId, reason));
    }

    private static void remember(Set<String> executions, String execution) {
        executions.add(execution);
        if (executions.size() > MAX_REMEMBERED) {
            executions.remove(executions.iterator().next());
        }
    }

    /** The execution can be run nowhere. */
    public void refused(String taskId, String executionId, String message) {
        submitting.remove(executionId);
        addLocal(
                executionId,
                new Notice.Ended(taskId, new Outcome.Failed(Cause.REFUSED.reason(), message, OptionalInt.empty())));
    }

    public Report report() {
        return new Report(
                held.keySet().stream().filter(id -> id > 0).toList(),
                List.copyOf(claimsWritten),
                held.values().stream()
                        .filter(message -> message.stage == Stage.CONFIRMED)
                        .map(Held::id)
                        .toList(),
                List.copyOf(declined.keySet()));
    }

    /** The dispatcher accepted the report and answered; only the answer to the latest report may be given here. */
    public void synced(Report accepted, ConnectorSync.Answer answer) {
        accepted.claimsWritten.forEach(claimsWritten::remove);
        accepted.confirmed.forEach(held::remove);
        accepted.declined.forEach(declined::remove);
        for (long id : accepted.holding) {
            held.computeIfPresent(
                    id, (_, message) -> message.stage == Stage.TAKEN ? message.at(Stage.WAITING, 0) : message);
        }
        for (long id : answer.drop()) {
            Held message = held.get(id);
            if (id > 0 && message != null && message.stage != Stage.CONFIRMED) {
                held.remove(id);
                claimsWritten.remove(id);
            }
        }
        answer.messages().stream()
                .sorted(Comparator.comparingLong(ConnectorSync.Message::id))
                .forEach(this::take);
        justTaken.clear();
    }

    private void take(ConnectorSync.Message message) {
        String execution = message.executionId();
        submitting.computeIfPresent(execution, (_, submission) -> new Submission(submission.taskId, true));
        if (declined.containsValue(execution)) {
            return; // once the dispatcher knows, it has nothing more to say of it
        }
        if (message.outcome().isEmpty() && rejected.contains(execution)) {
            declined.put(message.id(), execution);
            return;
        }
        if (message.outcome().isPresent()
                && !justTaken.getOrDefault(message.taskId(), execution).equals(execution)) {
            return; // superseded after the dispatcher had answered with it; if it was not, it comes again
        }
        if (message.outcome().isPresent()) {
            known.remove(execution);
            known.remove(
                    message.taskId()); // which stands in for the execution's name where it was assigned without one
        } else {
            remember(known, execution);
        }
        Notice notice = message.outcome()
                .<Notice>map(outcome -> new Notice.Ended(message.taskId(), outcome))
                .orElseGet(() -> new Notice.Claimed(message.taskId()));
        Stage stage = notice instanceof Notice.Claimed ? Stage.TAKEN : Stage.WAITING;
        held.putIfAbsent(message.id(), new Held(message.id(), execution, notice, stage, 0));
    }

    private void addLocal(String executionId, Notice notice) {
        lastLocal--;
        held.put(lastLocal, new Held(lastLocal, executionId, notice, Stage.WAITING, 0));
        if (held.values().stream().filter(Held::isLocal).count() > MAX_LOCAL) {
            Iterator<Held> oldest = held.values().iterator();
            while (oldest.hasNext()) {
                if (oldest.next().isLocal()) {
                    oldest.remove();
                    return;
                }
            }
        }
    }

    private String payload(long ping) {
        return connection.orElse("") + "/" + ping;
    }

    private static long number(String payload) {
        int slash = payload.lastIndexOf('/');
        try {
            return Long.parseLong(payload, slash + 1, payload.length(), 10);
        } catch (NumberFormatException notOurs) {
            return 0;
        }
    }
}
