package dev.slipway.connector.intake;

import dev.slipway.connector.dispatcher.BackOff;
import dev.slipway.connector.dispatcher.Dispatcher;
import dev.slipway.connector.dispatcher.Dispatcher.NoAnswer;
import dev.slipway.connector.dispatcher.Dispatcher.Refusal;
import dev.slipway.connector.outbox.Post;
import dev.slipway.connector.wire.AgentDefaults;
import dev.slipway.connector.wire.Assignment;
import dev.slipway.connector.wire.Assignments;
import dev.slipway.connector.wire.FrameReader;
import dev.slipway.connector.wire.Incoming;
import dev.slipway.connector.wire.RawFrame;
import dev.slipway.protocol.TaskSubmission;
import dev.slipway.protocol.TaskSubmission.Taken;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/** Hands assignments and cancellations of the control plane on to the dispatcher, and answers for what it does not take. */
public final class Intake {
    private static final Logger LOG = Logger.getLogger(Intake.class);
    private static final int MAX_MESSAGES = 256;

    /** Waiting at once, but for the last one: of the largest ones, no two are in memory. */
    private static final long MAX_BYTES = 8 << 20;

    private static final int BAD_REQUEST = 400;
    private static final int TOO_LARGE = 413;
    private static final int FULL = 429;
    private static final Duration TRY_FOR = Duration.ofSeconds(5);
    private static final Duration LOOK = Duration.ofMillis(250);
    private static final Duration STOP = Duration.ofSeconds(1);
    private static final String STOPPING = "worker is shutting down";
    private static final String UNAVAILABLE = "worker is temporarily unavailable";

    private final Dispatcher dispatcher;
    private final Post post;
    private final AgentDefaults defaults;
    private final Traces traces;
    private final LongSupplier incarnation;
    private final InstantSource time;
    private final Lanes lanes = new Lanes(MAX_MESSAGES, MAX_BYTES);
    private final Turns turns = new Turns();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Duration patience;
    /** Whether the dispatcher left the latest call that has ended without an answer. */
    private volatile boolean silent;

    /** @param incarnation as whom the dispatcher knows this process */
    public Intake(
            Dispatcher dispatcher,
            Post post,
            AgentDefaults defaults,
            Traces traces,
            LongSupplier incarnation,
            InstantSource time) {
        this(dispatcher, post, defaults, traces, incarnation, time, TRY_FOR);
    }

    /** @param patience after which an assignment is rejected that the dispatcher does not answer to */
    Intake(
            Dispatcher dispatcher,
            Post post,
            AgentDefaults defaults,
            Traces traces,
            LongSupplier incarnation,
            InstantSource time,
            Duration patience) {
        this.incarnation = incarnation;
        this.patience = patience;
        this.dispatcher = dispatcher;
        this.post = post;
        this.defaults = defaults;
        this.traces = traces;
        this.time = time;
    }

    /** @param more run once another message may be brought */
    public void accept(RawFrame message, Runnable more) {
        switch (FrameReader.read(message)) {
            case Incoming.Assigned(Assignment assignment) -> {
                String taskId = assignment.taskId();
                // What waits for an earlier message of its task must not keep other tasks waiting, too.
                Turns.Turn turn = lanes.isFree(taskId) ? turns.take() : Turns.outOfOrder();
                Instant until = time.instant().plus(patience);
                lanes.add(taskId, () -> submit(assignment, turn, until), message.size(), more);
            }
            case Incoming.Cancelled(String taskId) -> lanes.add(taskId, () -> cancel(taskId), message.size(), more);
            case Incoming.Unusable(String taskId, String executionId, String why) -> {
                LOG.warnf("Task %s is answered as failed: %s", shown(taskId), why);
                post.update(outbox -> outbox.refused(taskId, executionId, why));
                more.run();
            }
            case Incoming.Heartbeat() -> more.run();
            case Incoming.Unknown(String type) -> {
                LOG.warnf("A message of the unknown type '%s' from the control plane is ignored", shown(type));
                more.run();
            }
            case Incoming.Broken(String why) -> {
                LOG.warnf("A message of %d bytes from the control plane is dropped: %s", message.size(), why);
                more.run();
            }
        }
    }

    /** Rejects what comes from now on, and waits shortly for what is under way. */
    public void stop() throws InterruptedException {
        stopping.countDown();
        lanes.awaitIdle(STOP);
    }

    /** @param until when at the latest the turn of its task must have come */
    private void submit(Assignment assignment, Turns.Turn turn, Instant until) {
        String taskId = assignment.taskId();
        String executionId = Assignments.executionId(assignment);
        MDC.put("execution", shown(executionId));
        try {
            if (stopping.getCount() == 0) {
                rejectUnanswered(taskId, executionId, STOPPING, "the worker stops");
                return;
            }
            if (!time.instant().isBefore(until)) {
                rejectUnanswered(
                        taskId,
                        executionId,
                        UNAVAILABLE,
                        "the dispatcher has not answered in time to what came before of the same task");
                return;
            }
            if (!post.change(outbox -> outbox.submitting(taskId, executionId))) {
                post.update(outbox -> outbox.rejected(taskId, executionId, UNAVAILABLE));
                return;
            }
            traces.begin(traceparent -> submit(
                    taskId, Assignments.translate(assignment, defaults, traceparent, incarnation.getAsLong()), turn));
        } catch (RuntimeException | Error unexpected) {
            // Left as it is, it would hold back the results of its task for ever.
            rejectUnanswered(taskId, executionId, UNAVAILABLE, "of an unexpected failure");
            throw unexpected;
        } finally {
            turn.pass();
            MDC.remove("execution");
        }
    }

    private void submit(String taskId, TaskSubmission submission, Turns.Turn turn) {
        String executionId = submission.executionId();
        try {
            Taken taken = trySubmit(submission, turn);
            post.update(outbox -> outbox.accepted(taskId, executionId, taken));
            LOG.infof("Task %s, execution %s: assigned and %s", shown(taskId), shown(executionId), words(taken));
        } catch (Refusal refusal) {
            refused(taskId, executionId, refusal);
        } catch (NoAnswer noAnswer) {
            rejectUnanswered(
                    taskId, executionId, UNAVAILABLE, "the dispatcher does not answer: " + noAnswer.getMessage());
        }
    }

    /** Unless the dispatcher is known to have it. */
    private void rejectUnanswered(String taskId, String executionId, String reason, String why) {
        boolean isRejected = post.change(outbox -> outbox.rejectedUnanswered(taskId, executionId, reason));
        LOG.warnf(
                "Task %s, execution %s: %s, because %s",
                shown(taskId),
                shown(executionId),
                isRejected ? "rejected" : "assigned again, and left as it is here",
                why);
    }

    private void refused(String taskId, String executionId, Refusal refusal) {
        LOG.warnf(
                "Task %s, execution %s: the dispatcher refused it (%d): %s",
                shown(taskId), shown(executionId), refusal.status(), refusal.detail());
        switch (refusal.status()) {
            case FULL -> post.update(outbox -> outbox.rejected(taskId, executionId, refusal.detail()));
            case BAD_REQUEST, TOO_LARGE -> post.update(outbox -> outbox.refused(taskId, executionId, refusal.detail()));
            default ->
                // Among them 503, after which it is not certain that nothing was stored.
                rejectUnanswered(taskId, executionId, refusal.detail(), "nothing may have been stored");
        }
    }

    /** Tries again while there is no answer: a dispatcher that restarts is back within the time. */
    private Taken trySubmit(TaskSubmission submission, Turns.Turn turn) throws Refusal, NoAnswer {
        awaitTurn(turn);
        Instant until = time.instant().plus(patience);
        BackOff backOff = new BackOff();
        while (true) {
            try {
                Taken taken = dispatcher.submit(submission);
                silent = false;
                return taken;
            } catch (Refusal refusal) {
                silent = false;
                throw refusal;
            } catch (NoAnswer noAnswer) {
                silent = true;
                turn.pass();
                Duration wait = backOff.next();
                if (!time.instant().plus(wait).isBefore(until) || !pause(wait)) {
                    throw noAnswer;
                }
            }
        }
    }

    /** A burst, or one large assignment, may take longer than the patience: that alone is no silence of the dispatcher. */
    private void awaitTurn(Turns.Turn turn) throws NoAnswer {
        Instant until = time.instant().plus(patience);
        try {
            while (!turn.await(LOOK)) {
                if (silent && !time.instant().isBefore(until)) {
                    throw new NoAnswer(new TimeoutException("it does not answer to what came before, either"));
                }
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new NoAnswer(interrupted);
        }
    }

    /** A cancellation comes once: it is tried until the dispatcher has it. */
    private void cancel(String taskId) {
        BackOff backOff = new BackOff();
        do {
            try {
                int cancelled = dispatcher.cancel(taskId);
                if (cancelled == 0) {
                    LOG.infof("Task %s: cancelled by the user, but unknown here or ended already", shown(taskId));
                } else {
                    LOG.infof("Task %s: cancelled by the user, %d open execution(s)", shown(taskId), cancelled);
                }
                return;
            } catch (Refusal refusal) {
                LOG.warnf("Task %s: the dispatcher refused its cancellation: %s", shown(taskId), refusal.detail());
                if (refusal.status() < 500 && refusal.status() != FULL) {
                    return;
                }
            } catch (NoAnswer noAnswer) {
                LOG.debugf("Task %s: no answer to its cancellation, trying again", shown(taskId));
            }
        } while (pause(backOff.next()));
        LOG.errorf("Task %s: its cancellation did not reach the dispatcher before the worker stopped", shown(taskId));
    }

    /** Returns false, and early, if the connector is stopping. */
    private boolean pause(Duration length) {
        try {
            return !stopping.await(length.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static String words(Taken taken) {
        return switch (taken) {
            case QUEUED -> "taken over";
            case OPEN -> "known already, it has not ended";
            case ENDED -> "known already, it has ended";
        };
    }

    /** A name from outside, fit for a log line. */
    private static String shown(String name) {
        String clean = name.replaceAll("\\p{Cntrl}", "?");
        return clean.length() <= 100 ? clean : clean.substring(0, 100) + "…";
    }
}
