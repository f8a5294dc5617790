package dev.slipway.simulation;

import static dev.slipway.simulation.Rules.require;

import dev.slipway.connector.outbox.Notice;
import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Message;
import dev.slipway.dispatcher.core.Source;
import dev.slipway.protocol.Outcome;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the control plane must hear, and in which order. */
final class ControlPlaneRules {
    private final World world;
    private final Map<String, Execution> accepted = new HashMap<>();
    private final Map<Long, Message> committed = new HashMap<>();
    /** What each message is about, as it was when the message was committed. */
    private final Map<Long, Execution> subjects = new HashMap<>();

    private final Map<Long, Outcome> toTell = new HashMap<>();
    private final Map<String, Outcome> outcomes = new HashMap<>();
    private final Set<String> superseded = new HashSet<>();
    private final Set<String> claimsWritten = new HashSet<>();
    /** By connector. */
    private final Set<String> claimsWrittenBy = new HashSet<>();

    private final Set<Long> written = new HashSet<>();
    private final Set<Long> proven = new HashSet<>();
    private final Set<String> claimsHeard = new HashSet<>();
    /** Executions whose claim was taken back after they were launched, because their assignment was rejected. */
    private final Set<String> claimsTakenBack = new HashSet<>();

    private final Set<String> resultsHeard = new HashSet<>();
    /** By task, the newest execution whose claim was heard. */
    private final Map<String, Long> newestClaimHeard = new HashMap<>();

    /** Assignments whose execution was superseded when it was forgotten. */
    private final Set<String> overtaken = new HashSet<>();

    private final Map<String, Integer> assignments = new HashMap<>();
    private final Map<String, Integer> handedOver = new HashMap<>();
    /** Assignments that were last answered with no. */
    private final Set<String> rejected = new HashSet<>();

    /** By the id of an assignment, how often it was handed to a connector, and how often one decided to reject it. */
    private final Map<String, Integer> taken = new HashMap<>();

    private final Map<String, Integer> turnedDown = new HashMap<>();

    private final Map<String, Set<Long>> rejectionsWritten = new HashMap<>();

    /** The numbers of executions that only a ledger knew that was replaced. */
    private final Set<Long> lost = new HashSet<>();
    /** Their assignments, as long as they are not accepted again. */
    private final Set<String> lostAssignments = new HashSet<>();
    /** Messages as they were when a copy of the ledger was made; what was done with them since is lost. */
    private final Set<Long> backAgain = new HashSet<>();

    ControlPlaneRules(World world) {
        this.world = world;
    }

    // --- what the ledger says

    void accepted(Execution execution) {
        Execution before = accepted.put(execution.id(), execution);
        if (before != null && lost.contains(before.seq())) {
            claimsWritten.remove(execution.id());
            outcomes.remove(execution.id());
            resultsHeard.remove(execution.id());
            superseded.remove(execution.id());
        }
        lostAssignments.remove(assignmentId(execution));
        overtaken.remove(assignmentId(execution));
        require(
                execution.source() != Source.CONTROL_PLANE || assignments.containsKey(assignmentId(execution)),
                "what is accepted was assigned",
                execution.toString());
    }

    void committed(Message message) {
        committed.put(message.id(), message);
        subjects.put(
                message.id(),
                Optional.ofNullable(accepted.get(message.executionId())).orElseThrow());
        if (message.kind() == Message.Kind.RESULT) {
            toTell.put(
                    message.id(),
                    Optional.ofNullable(outcomes.get(message.executionId())).orElseThrow());
        }
    }

    void ended(String executionId, Outcome outcome) {
        outcomes.put(executionId, outcome);
    }

    void superseded(String executionId) {
        superseded.add(executionId);
    }

    /** The execution may be submitted again as new. */
    void forgotten(Execution execution, boolean wasSuperseded) {
        String executionId = execution.id();
        if (wasSuperseded) {
            overtaken.add(assignmentId(execution));
        }
        boolean isOfCopy = committed.values().stream()
                .anyMatch(message -> message.executionId().equals(executionId) && backAgain.contains(message.id()));
        if (isOfCopy) {
            lostAssignments.add(assignmentId(execution)); // it may have been claimed since
        }
        claimsWritten.remove(executionId);
        claimsWrittenBy.removeIf(written -> written.endsWith(" " + executionId));
        outcomes.remove(executionId);
        claimsHeard.remove(executionId);
        claimsTakenBack.remove(executionId);
        resultsHeard.remove(executionId);
        superseded.remove(executionId);
    }

    /** What only the ledger before knew is lost; what the copy has is as it was. */
    void replaced(FakeLedger before, FakeLedger other, Set<Long> messages) {
        before.executions().stream()
                .filter(execution -> other.execution(execution.id())
                        .filter(copied -> copied.seq() == execution.seq())
                        .isEmpty())
                .forEach(execution -> {
                    lost.add(execution.seq());
                    if (other.execution(execution.id()).isEmpty()) {
                        lostAssignments.add(assignmentId(execution));
                        claimsWrittenBy.removeIf(claim -> claim.endsWith(" " + assignmentId(execution)));
                    }
                });
        backAgain.addAll(messages);
        for (Execution execution : other.executions()) {
            accepted.put(execution.id(), execution);
            other.outcome(execution.id()).ifPresent(outcome -> outcomes.put(execution.id(), outcome));
            if (execution.claimed()) {
                claimsWritten.add(execution.id());
            }
        }
        resultsHeard.removeIf(id -> other.execution(id).map(Execution::isOpen).orElse(true));
        superseded.removeIf(id -> other.execution(id).map(Execution::isOpen).orElse(true)
                || other.outbox().stream()
                        .anyMatch(message -> message.kind() == Message.Kind.RESULT
                                && message.executionId().equals(id)));
        newestClaimHeard.replaceAll((task, newest) -> lost.contains(newest)
                ? other.executions().stream()
                        .filter(execution -> execution.taskId().equals(task) && claimsHeard.contains(execution.id()))
                        .mapToLong(Execution::seq)
                        .max()
                        .orElse(0)
                : newest);
    }

    boolean isClaimWritten(String executionId) {
        return claimsWritten.contains(executionId);
    }

    /** Whether the message was ever handed to a socket. */
    boolean isWritten(long message) {
        return written.contains(message);
    }

    /** Whether a pong has proved that the message was received. */
    boolean isProven(long message) {
        return proven.contains(message);
    }

    void claimTakenBack(String executionId) {
        claimsTakenBack.add(executionId);
    }

    boolean isSuperseded(String executionId) {
        return superseded.contains(executionId);
    }

    boolean isRejected(Execution execution) {
        return rejected.contains(assignmentId(execution));
    }

    private static String assignmentId(Execution execution) {
        return execution.named() ? execution.id() : execution.taskId();
    }

    // --- what happens on the wire

    void assigned(Assignment assignment) {
        assignments.merge(assignment.id(), 1, Integer::sum);
    }

    void handedOver(String connector, Assignment assignment) {
        taken.merge(assignment.id(), 1, Integer::sum);
        handedOver.merge(assignment.task(), 1, Integer::sum);
        handedOver.merge(connector + " " + assignment.task(), 1, Integer::sum);
    }

    /** The connector means to reject. */
    void rejects(Assignment assignment) {
        rejected.add(assignment.id());
        turnedDown.merge(assignment.id(), 1, Integer::sum);
    }

    /** It rejects because it has not heard from the dispatcher whether that has it. */
    void rejectsUnanswered(String connector, Assignment assignment) {
        require(
                !claimsWrittenBy.contains(connector + " " + assignment.id())
                        || outcomes.containsKey(assignment.id())
                        || lostAssignments.contains(assignment.id()),
                "1: what was claimed is not rejected before it has ended",
                assignment + " is");
        rejects(assignment);
    }

    /** The connector hears that the dispatcher has it. */
    void takes(Assignment assignment) {
        rejected.remove(assignment.id());
    }

    /** The connector hands a frame to its socket. */
    void writes(String connector, long id, Notice notice) {
        if (id < 0) {
            require(notice instanceof Notice.Rejected, "of its own a connector only rejects", notice.toString());
            rejectionsWritten
                    .computeIfAbsent(connector + " " + notice.taskId(), _ -> new HashSet<>())
                    .add(id);
            return;
        }
        Message message = committed.get(id);
        require(message != null, "1: what is written was committed", notice + " as " + id + " was not");
        if (message == null) {
            return;
        }
        Execution execution = subject(id);
        boolean isAgain = !written.add(id);
        switch (notice) {
            case Notice.Claimed _ -> {
                require(message.kind() == Message.Kind.CLAIM, "1: a claim is a claim", message.toString());
                claimsWritten.add(message.executionId());
                claimsWrittenBy.add(connector + " " + message.executionId());
                if (isAgain) {
                    world.met(Happening.CLAIM_WRITTEN_AGAIN);
                }
                if (!backAgain.contains(id)) {
                    notRejected(connector, execution);
                    notTurnedDown(execution);
                }
            }
            case Notice.Ended ended -> {
                require(
                        ended.outcome().equals(toTell.get(id)),
                        "4: the control plane is told the outcome",
                        ended.outcome() + " of " + execution + " is " + toTell.get(id));
                if (isAgain) {
                    world.met(Happening.RESULT_WRITTEN_AGAIN);
                }
                if (!backAgain.contains(id)) {
                    notRejected(connector, execution);
                }
            }
            case Notice.Rejected _ -> throw new Violation("the ledger does not reject", message.toString());
        }
    }

    /** The control plane may have given to another worker what it was told is not wanted here. */
    private void notRejected(String connector, Execution execution) {
        String task = execution.taskId();
        int here = handedOver.getOrDefault(connector + " " + task, 0);
        int rejections =
                rejectionsWritten.getOrDefault(connector + " " + task, Set.of()).size();
        require(
                here == 0 || here < handedOver.getOrDefault(task, 0) || rejections < here,
                "1: what was rejected is not claimed",
                execution + " was assigned " + here + " times and always rejected");
    }

    /** Whichever connector rejected it, and whether that still lives. */
    private void notTurnedDown(Execution execution) {
        String id = assignmentId(execution);
        require(
                turnedDown.getOrDefault(id, 0) < taken.getOrDefault(id, 0),
                "1: what was rejected is not claimed, by no later connector either",
                execution + " was rejected each time it was assigned");
    }

    /** The control plane reads a frame. */
    void heard(Connection.Upward.Told told) {
        if (told.notice() instanceof Notice.Rejected) {
            // Whatever was claimed before, the task is the control plane's again.
            newestClaimHeard.remove(told.notice().taskId());
            return;
        }
        Execution execution = subject(told.id());
        if (lost.contains(execution.seq())) {
            return;
        }
        long newest = newestClaimHeard.getOrDefault(execution.taskId(), 0L);
        if (told.notice() instanceof Notice.Ended) {
            require(
                    execution.seq() >= newest,
                    "6: no result comes after the claim of a newer execution",
                    "the result of " + execution + " does");
            require(
                    claimsHeard.contains(execution.id()) || claimsTakenBack.contains(execution.id()),
                    "1: a result comes after its claim",
                    "the result of " + execution + " does not");
            resultsHeard.add(execution.id());
        } else {
            claimsHeard.add(execution.id());
            newestClaimHeard.put(execution.taskId(), Math.max(newest, execution.seq()));
        }
    }

    /** Whether the frame is about that assignment; a rejection does not say of which of its task's. */
    boolean isOf(Connection.Upward.Told told, Assignment assignment) {
        return told.notice() instanceof Notice.Rejected
                || assignmentId(subject(told.id())).equals(assignment.id());
    }

    /** A pong reaches the connector, for a ping that the control plane read after these. */
    void ponged(Collection<Long> read) {
        proven.addAll(read);
    }

    private Execution subject(long message) {
        return Optional.ofNullable(subjects.get(message)).orElseThrow();
    }

    /** What the control plane has not been told. */
    Optional<Violation> unrest(Collection<Execution> executions) {
        return untold(executions)
                .map(execution -> new Violation("6: what has ended is told", execution + " is not"))
                .or(() -> world.plane().unanswered().stream()
                        .filter(assignment -> !lostAssignments.contains(assignment.id()))
                        .filter(assignment -> !isOvertaken(assignment, executions))
                        .findFirst()
                        .map(assignment -> new Violation("6: what is assigned is answered", assignment + " is not")));
    }

    private Optional<Execution> untold(Collection<Execution> executions) {
        return executions.stream()
                .filter(execution -> execution.source() == Source.CONTROL_PLANE)
                .filter(execution -> !resultsHeard.contains(execution.id()))
                .filter(execution -> !isSuperseded(execution, executions))
                .findFirst();
    }

    /** What would be said of an older execution would be taken for the newer one's, so that nothing is. */
    private boolean isOvertaken(Assignment assignment, Collection<Execution> executions) {
        return overtaken.contains(assignment.id())
                || executions.stream()
                        .filter(execution -> execution.source() == Source.CONTROL_PLANE)
                        .filter(execution -> assignmentId(execution).equals(assignment.id()))
                        .max(Comparator.comparingLong(Execution::seq))
                        .filter(execution -> !execution.isOpen() && isSuperseded(execution, executions))
                        .isPresent();
    }

    private boolean isSuperseded(Execution execution, Collection<Execution> executions) {
        return superseded.contains(execution.id())
                || executions.stream()
                        .anyMatch(other -> other.source() == Source.CONTROL_PLANE
                                && other.taskId().equals(execution.taskId())
                                && other.seq() > execution.seq());
    }
}
