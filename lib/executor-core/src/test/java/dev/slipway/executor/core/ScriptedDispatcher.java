package dev.slipway.executor.core;

import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.Internal;
import dev.slipway.protocol.LogAppend;
import dev.slipway.protocol.SyncAnswer;
import jakarta.ws.rs.ProcessingException;
import jakarta.ws.rs.WebApplicationException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** A dispatcher in memory. It holds a sync until it is superseded or there is an answer to give. */
final class ScriptedDispatcher implements Internal.ForExecutors {
    static final String LEDGER = "ledger-1";
    static final String SESSION = "session-1";

    private final List<ExecutorSync> syncs = new ArrayList<>();
    private final List<Integer> pieces = new ArrayList<>();
    private final StringBuilder output = new StringBuilder();
    private String cursor = "";
    private Function<ExecutorSync, SyncAnswer> script = _ -> nothing();
    private boolean away;
    private int logStatus;

    @Override
    public synchronized SyncAnswer sync(String executor, ExecutorSync sync) {
        if (away) {
            throw new ProcessingException("connection refused");
        }
        syncs.add(sync);
        notifyAll();
        if (!sync.session().equals(SESSION)) {
            return nothing();
        }
        while (syncs.getLast().seq() == sync.seq() && script.apply(sync).equals(nothing()) && !away) {
            try {
                wait();
            } catch (InterruptedException e) {
                throw new ProcessingException(e);
            }
        }
        return syncs.getLast().seq() == sync.seq() ? script.apply(sync) : nothing();
    }

    @Override
    public synchronized LogAppend.Position appendLogs(String execution, LogAppend append) {
        if (away) {
            throw new ProcessingException("connection refused");
        }
        if (logStatus != 0) {
            throw new WebApplicationException(logStatus);
        }
        boolean accepted = append.offset() == output.length() && append.bytes().length() > 0;
        if (accepted) {
            output.append(new String(append.bytes().toArray(), StandardCharsets.UTF_8));
            pieces.add(append.bytes().length());
            cursor = append.cursor();
        }
        return new LogAppend.Position(output.length(), cursor, accepted);
    }

    /** What it answers to a sync of its session, until told otherwise. */
    synchronized void answers(Function<ExecutorSync, SyncAnswer> answers) {
        script = answers;
        notifyAll();
    }

    synchronized void goAway(boolean is) {
        away = is;
        notifyAll();
    }

    /** @param status answered to every append from now on; 0: they are taken again */
    synchronized void answerAppendsWith(int status) {
        logStatus = status;
    }

    synchronized void has(String stored, String itsCursor) {
        output.append(stored);
        cursor = itsCursor;
    }

    synchronized String output() {
        return output.toString();
    }

    synchronized List<Integer> pieces() {
        return List.copyOf(pieces);
    }

    synchronized List<ExecutorSync> syncs() {
        return List.copyOf(syncs);
    }

    /** Whether the end of the run is in the latest sync. */
    synchronized boolean isToldTheEndOf(ExecutionKey key) {
        return !syncs.isEmpty()
                && syncs.getLast().finished().stream()
                        .anyMatch(finished -> finished.key().equals(key));
    }

    static SyncAnswer nothing() {
        return new SyncAnswer(LEDGER, SESSION, List.of(), List.of(), List.of(), List.of());
    }
}
