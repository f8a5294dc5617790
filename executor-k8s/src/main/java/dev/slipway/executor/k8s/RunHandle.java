package dev.slipway.executor.k8s;

import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.RunId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** What this process knows of a run beyond what the cluster shows. */
final class RunHandle {
    /** Whoever makes something of the run in the cluster, or proves that nobody did. */
    final ReentrantLock starting = new ReentrantLock();

    /** Whoever takes the run away. */
    final ReentrantLock ending = new ReentrantLock();

    private final RunId run;
    private volatile boolean stopped;
    private volatile List<String> names = List.of();
    private volatile Observed.@Nullable Ended decided;
    private volatile Observed.@Nullable Ended ended;
    private @Nullable RunLog log;

    RunHandle(RunId run) {
        this.run = run;
    }

    /** Its end was asked for. */
    void stop() {
        stopped = true;
    }

    boolean isStopped() {
        return stopped;
    }

    /** What its Job may be called, once a task was seen; empty before. */
    List<String> names() {
        return names;
    }

    void name(List<String> candidates) {
        names = candidates;
    }

    /** The end it will be told to have come to, once that is recorded. */
    Optional<Observed.Ended> decided() {
        return Optional.ofNullable(decided);
    }

    void decide(Observed.Ended end) {
        decided = end;
    }

    /** The end that does not change any more. */
    Optional<Observed.Ended> ended() {
        return Optional.ofNullable(ended);
    }

    Observed.Ended end(Observed.Ended end) {
        ended = end;
        return end;
    }

    synchronized RunLog log(Api api, Mirror mirror) {
        if (log == null) {
            log = new RunLog(run, api, mirror);
        }
        return log;
    }

    synchronized void close() {
        if (log != null) {
            log.close();
        }
    }
}
