package dev.slipway.connector.dispatcher;

import dev.slipway.connector.dispatcher.Dispatcher.NoAnswer;
import dev.slipway.connector.dispatcher.Dispatcher.Refusal;
import dev.slipway.connector.link.LinkState;
import dev.slipway.connector.outbox.Outbox;
import dev.slipway.connector.outbox.Outbox.Report;
import dev.slipway.connector.outbox.Post;
import dev.slipway.connector.outbox.Signal;
import dev.slipway.protocol.ConnectorSync;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells the dispatcher what was written and confirmed, and brings what is to be written. A call is always under way: the
 * dispatcher holds it until it has something to say, and news of this side's own makes a new one at once, whose answer is
 * then the only one that counts.
 */
public final class SyncLoop {
    private static final Logger LOG = Logger.getLogger(SyncLoop.class);
    private static final int CONFLICT = 409;
    private static final Duration FIRST_LEAP = Duration.ofHours(1);
    private static final Duration LONGEST_LEAP = Duration.ofDays(365);
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration LAST_WORDS = Duration.ofSeconds(4);
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    /** Calls under way at once; superseded ones still take their time to come back. */
    private static final int CALLS = 4;

    /** What was told by a call, and how it ended. */
    private record Call(long incarnation, long seq, Report report, LinkState link, Instant begun) {}

    private sealed interface End {
        record Answered(ConnectorSync.Answer answer) implements End {}

        /** @param isOutdated whether the dispatcher knows a later incarnation than the call's */
        record Failed(String why, boolean isOutdated) implements End {}
    }

    private record Ended(Call call, End end) {}

    private final Dispatcher dispatcher;
    private final Post post;
    private final Supplier<LinkState> link;
    private final Presence presence;
    private final InstantSource time;
    private final Signal signal = new Signal();
    private final Semaphore calls = new Semaphore(CALLS);
    private final Queue<Ended> ended = new ConcurrentLinkedQueue<>();
    private final BackOff backOff = new BackOff();
    private @Nullable Thread thread;
    private volatile boolean stopping;

    // Of the loop's thread only:
    private long incarnation;
    private Duration leap = FIRST_LEAP;
    private long seq;
    private Optional<Call> underWay = Optional.empty();
    private Optional<Call> accepted = Optional.empty();
    private Instant notBefore;
    private boolean failing;

    public SyncLoop(Dispatcher dispatcher, Post post, Supplier<LinkState> link, Presence presence, InstantSource time) {
        this.dispatcher = dispatcher;
        this.post = post;
        this.link = link;
        this.presence = presence;
        this.time = time;
        this.incarnation = time.millis();
        this.notBefore = time.instant();
    }

    public void start() {
        post.listen(signal);
        thread = Thread.ofVirtual().name("dispatcher-sync").start(this::run);
    }

    /** Reports a last time if there is something the dispatcher has not heard, and ends. */
    public void stop() throws InterruptedException {
        stopping = true;
        signal.give();
        Thread running = thread;
        if (running != null && !running.join(LAST_WORDS)) {
            running.interrupt();
        }
    }

    private void run() {
        try {
            while (!isDone()) {
                try {
                    takeEnds();
                    callIfDue();
                } catch (RuntimeException | Error unexpected) {
                    notBefore = time.instant().plus(backOff.next());
                    LOG.error("Reporting to the dispatcher failed, and is tried again", unexpected);
                }
                signal.await(look());
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** How long to wait for news before looking whether it is time for something. */
    private Duration look() {
        Duration longest = stopping ? FAREWELL : LOOK;
        Duration pause = Duration.between(time.instant(), notBefore);
        return pause.isPositive() && pause.compareTo(longest) < 0 ? pause : longest;
    }

    private boolean isDone() {
        if (!stopping || post.ask(Outbox::report).isNewsAfter(Report.EMPTY)) {
            return false;
        }
        LinkState now = link.get();
        boolean linkTold = accepted.filter(call -> call.link.equals(now)).isPresent();
        // The dispatcher reads the state at once, but holds its answer: that is not waited for.
        boolean linkSent = underWay.filter(
                        call -> call.link.equals(now) && !time.instant().isBefore(call.begun.plus(FAREWELL)))
                .isPresent();
        return linkTold || linkSent || failing;
    }

    private void callIfDue() {
        if (time.instant().isBefore(notBefore)) {
            return;
        }
        Report report = post.ask(Outbox::report);
        LinkState now = link.get();
        boolean due = underWay.filter(call -> !report.isNewsAfter(call.report) && call.link.equals(now))
                .isEmpty();
        if (due && calls.tryAcquire()) {
            seq++;
            Call call = new Call(incarnation, seq, report, now, time.instant());
            underWay = Optional.of(call);
            Thread.ofVirtual().name("dispatcher-sync-call").start(() -> carryOut(call));
        }
    }

    private void carryOut(Call call) {
        End end = new End.Failed("the call broke off", false);
        try {
            end = new End.Answered(dispatcher.sync(new ConnectorSync(
                    call.incarnation,
                    call.seq,
                    call.link.connected(),
                    call.report.holding(),
                    call.report.claimsWritten(),
                    call.report.confirmed(),
                    call.report.declined(),
                    call.link.dialFailures(),
                    call.link.remoteCloses())));
            presence.heard(call.incarnation);
        } catch (Refusal refusal) {
            end = new End.Failed(refusal.detail() + " (" + refusal.status() + ")", refusal.status() == CONFLICT);
        } catch (NoAnswer noAnswer) {
            end = new End.Failed(String.valueOf(noAnswer.getMessage()), false);
        } catch (RuntimeException | Error unexpected) {
            LOG.error("A report to the dispatcher failed", unexpected);
        } finally {
            // Whatever happened: the loop makes no other call before it has heard of the end of this one.
            calls.release();
            ended.add(new Ended(call, end));
            signal.give();
        }
    }

    /**
     * The dispatcher knows a later incarnation although none of this process was ever accepted: the clock was set back since
     * the last start. Which one it knows it does not say, so it is sought in growing leaps. Once accepted there is no leap:
     * then a later process has taken over, and this one is to be refused.
     */
    private void leap() {
        incarnation += leap.toMillis();
        Duration doubled = leap.multipliedBy(2);
        leap = doubled.compareTo(LONGEST_LEAP) < 0 ? doubled : LONGEST_LEAP;
    }

    private void takeEnds() {
        for (Ended end = ended.poll(); end != null; end = ended.poll()) {
            if (underWay.equals(Optional.of(end.call))) {
                take(end.call, end.end);
            }
        }
    }

    private void take(Call call, End end) {
        underWay = Optional.empty();
        switch (end) {
            case End.Answered answered -> {
                accepted = Optional.of(call);
                post.update(outbox -> outbox.synced(call.report, answered.answer));
                notBefore = time.instant();
                backOff.succeeded();
                if (failing) {
                    LOG.info("The dispatcher answers again");
                    failing = false;
                }
            }
            case End.Failed failed -> {
                notBefore = time.instant().plus(backOff.next());
                if (failed.isOutdated && accepted.isEmpty()) {
                    leap();
                }
                if (!failing) {
                    LOG.warnf("The dispatcher does not take reports: %s. Trying again until it does.", failed.why);
                    failing = true;
                }
            }
        }
    }
}
