package dev.slipway.dispatcher.core;

import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.Outcome;
import dev.slipway.protocol.StopCause;
import dev.slipway.protocol.TaskState;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Where an execution is in its life. The methods are the only legal transitions; times are milliseconds since the epoch.
 *
 * <pre>
 *   ┌──(revoked)──┐
 *   ▼             │
 * Queued ──▶ Launching ──▶ Running ──▶ Ended
 *   │             │            │         ▲
 *   │             └────────────┴──▶ Stopping
 *   └──(nothing of it exists)────────────┘
 * </pre>
 *
 * <p>A later attempt that only an executor knows of, because this ledger is an older copy, begins at Launching from wherever
 * the execution is, or goes on at Stopping.
 */
public sealed interface Life {
    TaskState state();

    /** A later attempt of an open execution was found on the executor. */
    default Active toFound(String executor, long launchedAt) {
        return this instanceof Stopping stopping
                ? new Stopping(executor, stopping.cause(), launchedAt, 0)
                : new Launching(executor, launchedAt);
    }

    /** An execution that an executor has, or may have, something of: it holds a slot. */
    sealed interface Active extends Life {
        String executor();

        /** When the launch was decided. */
        long launchedAt();

        /** When the agent started; 0 if that is not known to have happened. */
        long startedAt();

        default Ended toEnded(Outcome outcome, long now) {
            return Ended.of(outcome, launchedAt(), startedAt(), now);
        }
    }

    /** @param notBefore when it may be launched, milliseconds since the epoch; 0: at any time */
    record Queued(long notBefore) implements Life {
        @Override
        public TaskState state() {
            return TaskState.QUEUED;
        }

        Launching toLaunching(String executor, long now) {
            return new Launching(executor, now);
        }

        /** Nothing of it exists anywhere. */
        Ended toEnded(Outcome outcome, long now) {
            return Ended.of(outcome, 0, 0, now);
        }
    }

    record Launching(String executor, long launchedAt) implements Active {
        @Override
        public TaskState state() {
            return TaskState.LAUNCHING;
        }

        @Override
        public long startedAt() {
            return 0;
        }

        Running toRunning(long startedAt) {
            return new Running(executor, launchedAt, startedAt, false);
        }

        /** The right to start was taken away. */
        Queued toQueued(long notBefore) {
            return new Queued(notBefore);
        }

        Stopping toStopping(StopCause cause) {
            return new Stopping(executor, cause, launchedAt, 0);
        }
    }

    /** @param stalled whether it has printed nothing for long; a sign, and nothing more */
    record Running(String executor, long launchedAt, long startedAt, boolean stalled) implements Active {
        Running stalled(boolean isStalled) {
            return new Running(executor, launchedAt, startedAt, isStalled);
        }

        @Override
        public TaskState state() {
            return TaskState.RUNNING;
        }

        Stopping toStopping(StopCause cause) {
            return new Stopping(executor, cause, launchedAt, startedAt);
        }
    }

    record Stopping(String executor, StopCause cause, long launchedAt, long startedAt) implements Active {
        @Override
        public TaskState state() {
            return TaskState.STOPPING;
        }

        /** A user's cancel overrides the first cause; nothing else does. */
        Stopping becauseOfUser() {
            return new Stopping(executor, StopCause.USER, launchedAt, startedAt);
        }

        Stopping startedAt(long startedAt) {
            return new Stopping(executor, cause, launchedAt, startedAt);
        }
    }

    /**
     * The end, which is never left again. The message of a failure is in the ledger only.
     *
     * @param reason present exactly when the state is FAILED
     * @param launchedAt 0 if it never was
     */
    record Ended(
            TaskState state,
            Optional<FailureReason> reason,
            OptionalInt exitCode,
            long launchedAt,
            long startedAt,
            long endedAt)
            implements Life {
        static Ended of(Outcome outcome, long launchedAt, long startedAt, long endedAt) {
            return switch (outcome) {
                case Outcome.Succeeded() ->
                    new Ended(TaskState.SUCCEEDED, Optional.empty(), OptionalInt.of(0), launchedAt, startedAt, endedAt);
                case Outcome.Failed failed ->
                    new Ended(
                            TaskState.FAILED,
                            Optional.of(failed.reason()),
                            failed.exitCode(),
                            launchedAt,
                            startedAt,
                            endedAt);
                case Outcome.Cancelled() ->
                    new Ended(
                            TaskState.CANCELLED, Optional.empty(), OptionalInt.empty(), launchedAt, startedAt, endedAt);
            };
        }
    }
}
