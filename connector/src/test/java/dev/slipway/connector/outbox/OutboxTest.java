package dev.slipway.connector.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.connector.outbox.Outbox.Outgoing;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.ConnectorSync.Message;
import dev.slipway.protocol.Outcome;
import dev.slipway.protocol.TaskSubmission.Taken;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OutboxTest {
    private final Outbox outbox = new Outbox();

    @Test
    void writesNothingWithoutAConnection() {
        answer(claim(1, "e1", "t1"));

        assertThat(outbox.next()).isEmpty();
        assertThat(outbox.report().holding()).containsExactly(1L);
    }

    @Test
    void writesOldestFirstHoweverTheyAreHandedOver() {
        answer(result(4, "e1", "t1"), claim(2, "e1", "t1"));
        outbox.connected("a");

        assertThat(writeAll()).containsExactly(2L, 4L);
    }

    @Test
    void reportsAClaimAsSoonAsItIsWrittenAndUntilASyncCarriedIt() {
        answer(claim(1, "e1", "t1"));
        outbox.connected("a");
        writeAll();

        Outbox.Report report = outbox.report();
        assertThat(report.claimsWritten()).containsExactly(1L);
        assertThat(report.isNewsAfter(Outbox.Report.EMPTY)).isTrue();
        assertThat(outbox.report().claimsWritten()).containsExactly(1L);

        outbox.synced(report, nothing());
        assertThat(outbox.report().claimsWritten()).isEmpty();
        assertThat(outbox.report().holding()).containsExactly(1L);
    }

    @Test
    void writesAClaimOnlyOnceTheDispatcherKnowsThatItIsHeld() {
        outbox.connected("a");
        Outbox.Report before = outbox.report();
        handOver(claim(1, "e1", "t1"));
        outbox.synced(before, nothing());
        assertThat(outbox.next()).isEmpty();
        assertThat(outbox.isSettled()).isFalse();

        outbox.synced(outbox.report(), nothing());

        assertThat(writeAll()).containsExactly(1L);
    }

    @Test
    void writesNothingOfATaskBeforeItsClaimMayBeWritten() {
        outbox.connected("a");
        handOver(claim(1, "e1", "t1"), result(2, "e1", "t1"), result(3, "e2", "t2"));
        assertThat(writeAll()).containsExactly(3L);

        outbox.synced(outbox.report(), nothing());

        assertThat(writeAll()).containsExactly(1L, 2L);
    }

    @Test
    void confirmsOnlyWhatWasWrittenBeforeThePing() {
        answer(claim(1, "e1", "t1"), claim(2, "e2", "t2"));
        outbox.connected("a");
        write();
        String first = outbox.ping();
        write();

        assertThat(outbox.pong(first)).isTrue();
        assertThat(outbox.report().confirmed()).containsExactly(1L);
        assertThat(outbox.wantsPing()).isTrue();
    }

    @Test
    void takesThePongOfALaterPingForTheEarlierOnesToo() {
        answer(claim(1, "e1", "t1"));
        outbox.connected("a");
        writeAll();
        outbox.ping();

        outbox.pong(outbox.ping());

        assertThat(outbox.report().confirmed()).containsExactly(1L);
    }

    @Test
    void takesNoPongOfAnotherConnectionOrOfNoPing() {
        outbox.connected("a");
        String old = outbox.ping();
        outbox.connected("b");
        answer(claim(1, "e1", "t1"));
        writeAll();
        String present = outbox.ping();

        assertThat(outbox.pong(old)).isFalse();
        assertThat(outbox.pong("b/2")).isFalse();
        assertThat(outbox.pong("b/01")).isFalse();
        assertThat(outbox.pong("")).isFalse();
        assertThat(outbox.report().confirmed()).isEmpty();
        assertThat(outbox.pong(present)).isTrue();
    }

    @Test
    void takesNoPongWithoutAConnection() {
        answer(claim(1, "e1", "t1"));
        outbox.connected("a");
        writeAll();
        String ping = outbox.ping();
        outbox.disconnected();

        assertThat(outbox.pong(ping)).isFalse();
        assertThat(outbox.pong("/1")).isFalse();
        assertThat(outbox.report().confirmed()).isEmpty();
    }

    @Test
    void writesTheUnconfirmedAgainAfterReconnectingAndTheConfirmedNever() {
        answer(claim(1, "e1", "t1"), claim(2, "e2", "t2"), result(3, "e2", "t2"));
        outbox.connected("a");
        write();
        outbox.pong(outbox.ping());
        writeAll();
        outbox.ping();
        outbox.disconnected();
        outbox.connected("b");

        assertThat(writeAll()).containsExactly(2L, 3L);
    }

    @Test
    void holdsTheConfirmedUntilTheDispatcherKnows() {
        answer(result(1, "e1", "t1"));
        outbox.connected("a");
        writeAll();
        outbox.pong(outbox.ping());
        Outbox.Report report = outbox.report();

        answer(result(1, "e1", "t1"));
        assertThat(outbox.next()).isEmpty();
        assertThat(report.holding()).containsExactly(1L);

        outbox.synced(report, nothing());
        assertThat(outbox.report()).isEqualTo(Outbox.Report.EMPTY);
    }

    @Test
    void dropsWhatTheDispatcherNamesAndNeverItsOwn() {
        answer(result(1, "e1", "t1"));
        outbox.rejected("t2", "e2", "full");
        outbox.synced(Outbox.Report.EMPTY, new ConnectorSync.Answer(List.of(), List.of(1L, -1L)));
        outbox.connected("a");

        assertThat(outbox.next().map(Outgoing::notice)).contains(new Notice.Rejected("t2", "full"));
        assertThat(outbox.report().holding()).isEmpty();
    }

    @Test
    void aNewExecutionDropsTheUnconfirmedResultsOfItsTaskOnly() {
        answer(result(1, "old", "t1"), result(2, "other", "t2"), claim(3, "new", "t1"), result(4, "new", "t1"));

        outbox.accepted("t1", "new", Taken.QUEUED);

        assertThat(outbox.report().holding()).containsExactly(2L, 3L, 4L);
    }

    @Test
    void writesNoResultOfATaskWhileAnotherExecutionOfItIsSubmitted() {
        answer(result(1, "e1", "t1"), claim(2, "e9", "t9"));
        outbox.connected("a");

        outbox.submitting("t1", "e2");
        assertThat(writeAll()).containsExactly(2L);

        outbox.rejected("t1", "e2", "full");
        assertThat(writeAll()).containsExactly(1L, -1L);
    }

    @Test
    void takesNoResultThatWasSupersededWhileItWasOnItsWay() {
        outbox.submitting("t1", "e2");
        outbox.accepted("t1", "e2", Taken.QUEUED);

        answer(result(1, "e1", "t1"), claim(2, "e2", "t1"), result(3, "e2", "t1"));
        outbox.connected("a");

        assertThat(writeAll()).containsExactly(2L, 3L);
    }

    @Test
    void takesTheResultOfAnExecutionThatWasNotTheLastToBeTakenOver() {
        outbox.accepted("t1", "e1", Taken.QUEUED);
        answer(claim(1, "e1", "t1"));
        outbox.accepted("t1", "e2", Taken.OPEN);

        answer(claim(2, "e2", "t1"), result(3, "e2", "t1"));
        outbox.connected("a");

        assertThat(writeAll()).containsExactly(1L, 2L, 3L);
    }

    @Test
    void aKnownExecutionDropsNoResult() {
        answer(result(1, "newer", "t1"));

        outbox.accepted("t1", "old", Taken.ENDED);

        assertThat(outbox.report().holding()).containsExactly(1L);
    }

    @Test
    void anAcceptedAssignmentDropsAnEarlierRejectionOfItsTask() {
        outbox.rejected("t1", "e1", "full");
        outbox.refused("t1", "e0", "too big");
        outbox.accepted("t1", "e1", Taken.OPEN);
        outbox.connected("a");

        assertThat(outbox.next()).isEmpty();
    }

    @Test
    void aRejectionIsWrittenAgainUntilConfirmedAndNeverReported() {
        outbox.connected("a");
        outbox.rejected("t1", "e1", "full");
        writeAll();
        outbox.connected("b");
        assertThat(writeAll()).hasSize(1);
        outbox.pong(outbox.ping());
        outbox.connected("c");

        assertThat(outbox.next()).isEmpty();
        assertThat(outbox.report()).isEqualTo(Outbox.Report.EMPTY);
    }

    @Test
    void keepsABoundedNumberOfItsOwnNotices() {
        for (int i = 0; i <= Outbox.MAX_LOCAL; i++) {
            outbox.rejected("t" + i, "e" + i, "full");
        }
        outbox.connected("a");

        assertThat(outbox.next().map(next -> next.notice().taskId())).contains("t1");
        assertThat(writeAll()).hasSize(Outbox.MAX_LOCAL);
    }

    @Test
    void declinesTheClaimOfAnExecutionThatItRejectedWithoutAnAnswer() {
        outbox.submitting("t1", "e1");
        outbox.rejectedUnanswered("t1", "e1", "no answer");
        answer(claim(1, "e1", "t1"), result(2, "e1", "t1"));
        outbox.connected("a");

        assertThat(writeAll()).containsExactly(-1L);
        assertThat(outbox.report().declined()).containsExactly(1L);
        assertThat(outbox.report().holding()).isEmpty();
    }

    @Test
    void declinesTheClaimOfAnExecutionThatItRejectedAfterATryWithoutAnAnswer() {
        outbox.submitting("t1", "e1");
        outbox.rejected("t1", "e1", "full");
        answer(claim(1, "e1", "t1"));
        outbox.connected("a");

        assertThat(writeAll()).containsExactly(-1L);
        assertThat(outbox.report().declined()).containsExactly(1L);
    }

    @Test
    void submitsItAgainOnlyOnceTheDispatcherKnowsOfTheDeclinedClaim() {
        outbox.submitting("t1", "e1");
        outbox.rejectedUnanswered("t1", "e1", "no answer");
        answer(claim(1, "e1", "t1"));
        assertThat(outbox.submitting("t1", "e1")).isFalse();

        outbox.synced(outbox.report(), nothing());
        assertThat(outbox.submitting("t1", "e1")).isTrue();
        answer(claim(2, "e1", "t1"));
        outbox.accepted("t1", "e1", Taken.QUEUED);
        outbox.connected("a");

        assertThat(writeAll()).containsExactly(2L);
    }

    @Test
    void doesNotRejectWhatTheDispatcherShowedToHaveMeanwhile() {
        outbox.connected("a");
        outbox.submitting("t1", "e1");
        answer(claim(1, "e1", "t1"));
        outbox.rejectedUnanswered("t1", "e1", "no answer");

        assertThat(writeAll()).containsExactly(1L);
        assertThat(outbox.report().declined()).isEmpty();
    }

    @Test
    void doesNotRejectWhatItHasAlreadyClaimed() {
        outbox.connected("a");
        outbox.submitting("t1", "e1");
        outbox.accepted("t1", "e1", Taken.QUEUED);
        outbox.submitting("t1", "e1");

        assertThat(outbox.rejectedUnanswered("t1", "e1", "no answer")).isFalse();
        assertThat(outbox.rejectedUnanswered("t1", "e1", "not even submitted")).isFalse();
        answer(claim(1, "e1", "t1"));
        outbox.synced(outbox.report(), nothing());
        assertThat(writeAll()).containsExactly(1L);
        assertThat(outbox.report().declined()).isEmpty();
    }

    @Test
    void rejectsWhatHasEndedOrWhatTheDispatcherDoesNotWant() {
        outbox.connected("a");
        outbox.submitting("t1", "t1");
        outbox.accepted("t1", "t1", Taken.QUEUED);
        answer();
        answer(result(1, "t1~2", "t1"));
        outbox.submitting("t1", "t1");
        assertThat(outbox.rejectedUnanswered("t1", "t1", "no answer")).isTrue();

        outbox.accepted("t2", "e2", Taken.OPEN);
        outbox.rejected("t2", "e2", "full");
        assertThat(outbox.rejectedUnanswered("t2", "e2", "no answer")).isTrue();
    }

    @Test
    void sendsTheResultOfARunningExecutionThatWasAssignedAgainInVain() {
        outbox.submitting("t1", "e1");
        outbox.rejectedUnanswered("t1", "e1", "no answer");
        answer(result(2, "e1", "t1"));
        outbox.connected("a");

        assertThat(writeAll()).containsExactly(-1L, 2L);
    }

    /** The dispatcher hands these over, and hears that they are held. */
    private void answer(Message... messages) {
        handOver(messages);
        Outbox.Report holding = new Outbox.Report(outbox.report().holding(), List.of(), List.of(), List.of());
        outbox.synced(holding, nothing());
    }

    private void handOver(Message... messages) {
        outbox.synced(Outbox.Report.EMPTY, new ConnectorSync.Answer(List.of(messages), List.of()));
    }

    private static ConnectorSync.Answer nothing() {
        return new ConnectorSync.Answer(List.of(), List.of());
    }

    private void write() {
        outbox.written(outbox.next().orElseThrow().id());
    }

    private List<Long> writeAll() {
        List<Long> ids = new ArrayList<>();
        for (Optional<Outgoing> next = outbox.next(); next.isPresent(); next = outbox.next()) {
            ids.add(next.get().id());
            outbox.written(next.get().id());
        }
        return ids;
    }

    private static Message claim(long id, String execution, String task) {
        return new Message(id, execution, task, Optional.empty());
    }

    private static Message result(long id, String execution, String task) {
        return new Message(id, execution, task, Optional.of(new Outcome.Succeeded()));
    }
}
