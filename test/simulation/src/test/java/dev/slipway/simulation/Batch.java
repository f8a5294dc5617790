package dev.slipway.simulation;

import dev.slipway.dispatcher.core.Answer;
import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.core.Decision;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Reply;
import dev.slipway.protocol.Outcome;
import dev.slipway.protocol.TaskSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** What the dispatcher's loop commits in one transaction, and whom it tells afterwards. */
final class Batch {
    /** A caller and what it is told. */
    record Told(Consumer<Response> respond, Event event, Reply reply) {}

    private final FakeLedger ledger;
    private final List<Change.Durable> rows = new ArrayList<>();
    private final Map<String, TaskSpec> payloads = new LinkedHashMap<>();
    private final List<Told> replies = new ArrayList<>();
    private final List<Answer> answers = new ArrayList<>();

    Batch(FakeLedger ledger) {
        this.ledger = ledger;
    }

    void add(Decision decision) {
        for (Change change : decision.changes()) {
            if (change instanceof Change.Durable row) {
                rows.add(row);
            }
        }
        answers.addAll(decision.answers());
    }

    void add(Told told) {
        replies.add(told);
    }

    void add(String executionId, TaskSpec payload) {
        payloads.put(executionId, payload);
    }

    List<Change.Durable> rows() {
        return rows;
    }

    Map<String, TaskSpec> payloads() {
        return payloads;
    }

    List<Told> replies() {
        return replies;
    }

    List<Answer> answers() {
        return answers;
    }

    void refuse(Response response) {
        replies.forEach(told -> told.respond().accept(response));
    }

    TaskSpec payload(String executionId) {
        TaskSpec own = payloads.get(executionId);
        return own != null ? own : ledger.payload(executionId).orElseThrow();
    }

    Optional<Outcome> outcome(String executionId) {
        for (Change.Durable row : rows) {
            if (row instanceof Change.Moved moved
                    && moved.executionId().equals(executionId)
                    && moved.outcome().isPresent()) {
                return moved.outcome();
            }
        }
        return ledger.outcome(executionId);
    }
}
