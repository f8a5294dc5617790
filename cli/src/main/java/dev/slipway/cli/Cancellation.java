package dev.slipway.cli;

import dev.slipway.cli.api.ApiFailure;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What Ctrl-C does to {@code run}: before the task is submitted it ends the start of the services, afterwards it
 * cancels the task, and the second time it ends the process at once.
 */
final class Cancellation implements Interrupts.Handler {
    private final Host host;
    private @Nullable Thread starter;
    private Interrupts.@Nullable Signal first;
    private @Nullable Runnable cancel;

    /** @param starter the thread to interrupt before the task is submitted */
    Cancellation(Thread starter, Host host) {
        this.starter = starter;
        this.host = host;
    }

    @Override
    public synchronized void handle(Interrupts.Signal signal) {
        if (first != null) {
            host.say("the services stay until 'slipway down'");
            host.interrupts().endNow(signal.exitCode());
            return;
        }
        first = signal;
        if (cancel != null) {
            inBackground(cancel);
        } else if (starter != null) {
            starter.interrupt();
        }
    }

    /** From now on the submission must come to an end, or nobody would know the task's id. */
    synchronized void submitting() {
        starter = null;
        if (first != null) {
            throw new CliFailure("interrupted");
        }
    }

    /** From now on there is a task to cancel. */
    synchronized void submitted(Runnable cancelTask) {
        cancel = cancelTask;
        if (first != null) {
            inBackground(cancelTask);
        }
    }

    /** Cancels the task without a signal. */
    synchronized void cancelNow() {
        if (cancel != null) {
            attempt(cancel);
        }
    }

    /** The signal that came, if one did. */
    synchronized Optional<Interrupts.Signal> signal() {
        return Optional.ofNullable(first);
    }

    /** The next signal must not wait for the call. */
    private void inBackground(Runnable cancelTask) {
        Thread.ofVirtual().start(() -> {
            host.say("cancelling the task; once more ends this at once");
            attempt(cancelTask);
        });
    }

    private void attempt(Runnable cancelTask) {
        try {
            cancelTask.run();
        } catch (ApiFailure e) {
            host.say("the task could not be cancelled: " + e.getMessage());
        }
    }
}
