package dev.slipway.simulation;

import java.util.Optional;

/** Something that people, the control plane or misfortune do. A history is a list of them. Times are in milliseconds. */
sealed interface Action {
    /** When it happens, counted from the beginning of the history. */
    long at();

    /** Somebody submits a task by the public API. */
    record Submit(long at, String execution, int priority, boolean needsImage, int plan) implements Action {}

    /** Somebody cancels an execution by the public API. */
    record CancelExecution(long at, String execution) implements Action {}

    /** The control plane assigns an execution; without a name the task's id stands in for it. */
    record Assign(long at, String task, Optional<String> execution, int plan) implements Action {}

    /** The control plane sends the assignment again that it sent at {@code first}. */
    record AssignAgain(long at, long first) implements Action {}

    /** The control plane cancels a task. */
    record CancelTask(long at, String task) implements Action {}

    record Drain(long at, String executor, boolean drained) implements Action {}

    /** The dispatcher's process dies, at once or when it next has something to commit. */
    record CrashDispatcher(long at, Moment moment, long down) implements Action {}

    /** The dispatcher's process stands still. */
    record PauseDispatcher(long at, long pause) implements Action {}

    /** The next commit fails; {@code stored} says whether the ledger has it nevertheless. */
    record FailCommit(long at, boolean stored) implements Action {}

    /** Somebody copies the ledger. */
    record CopyLedger(long at) implements Action {}

    /** The dispatcher dies, and is started on the copy of its ledger. */
    record StartOnCopy(long at, long down) implements Action {}

    /** The dispatcher dies, and is started on a new ledger. */
    record StartOnEmpty(long at, long down) implements Action {}

    record CrashExecutor(long at, String executor, long down) implements Action {}

    /** The machine of the executor is restarted: everything on it ends. */
    record Reboot(long at, String executor, long down) implements Action {}

    /** The executor is shut down, and its runs are to end before it does. */
    record Leave(long at, String executor, long down) implements Action {}

    /** Somebody has every task ended. */
    record ShutDown(long at) implements Action {}

    /** The executor's process stands still; with {@code replaced}, a new one is started before it goes on. */
    record PauseExecutor(long at, String executor, long pause, boolean replaced) implements Action {}

    /** Every call of the executor to its engine fails for a while. */
    record LoseEngine(long at, String executor, long during) implements Action {}

    record CrashConnector(long at, long down) implements Action {}

    /** The connector's process stands still. */
    record PauseConnector(long at, long pause) implements Action {}

    /** The control plane's connection is lost; the connector notices later, and cannot dial for a while. */
    record CutConnection(long at, long unnoticed, long unreachable) implements Action {}

    /** The control plane reads nothing for a while. */
    record Deafen(long at, long during) implements Action {}

    /** The machine sleeps until nothing would have to be remembered, were it not for what is still to be told. */
    record SleepPastRetention(long at) implements Action {}

    /** One service's calls to the dispatcher suffer for a while: they are lost, doubled, late. */
    record Disturb(long at, String caller, long during, int lostPercent, int doubledPercent, long late)
            implements Action {}

    /** Where a crash hits. */
    enum Moment {
        NOW,
        BEFORE_COMMIT,
        AFTER_COMMIT
    }
}
