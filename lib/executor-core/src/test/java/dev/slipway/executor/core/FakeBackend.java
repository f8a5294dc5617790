package dev.slipway.executor.core;

import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.Bytes;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.TaskSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jboss.logging.MDC;

/** An engine in memory: runs run until they are told to end. */
final class FakeBackend implements Backend {
    static final String TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static final class Run {
        String output = "";
        boolean begun;
        boolean ended;
        boolean silent;
        int code;
        int released;
    }

    private final Map<RunId, Run> runs = new LinkedHashMap<>();
    private final List<String> calls = new ArrayList<>();
    private final List<Object> traces = new ArrayList<>();
    private final Set<RunId> observed = new HashSet<>();
    private String unfit = "";
    private String unreadable = "";
    private String trouble = "";
    private int looks;
    private boolean unreachable;
    private boolean irrevocable;
    private boolean released;

    @Override
    public BackendKind kind() {
        return BackendKind.DIRECT;
    }

    @Override
    public synchronized List<String> preflight() throws PreflightFailure {
        calls.add("preflight");
        if (!unfit.isEmpty()) {
            throw new PreflightFailure(unfit);
        }
        return List.of("a remark");
    }

    @Override
    public synchronized Optional<String> trouble() {
        return Optional.of(trouble).filter(words -> !words.isEmpty());
    }

    @Override
    public synchronized void start(RunId run, TaskSpec spec, Progress progress) throws StartFailure, IOException {
        calls.add("start " + run);
        if (unreachable) {
            throw new IOException("the engine is away");
        }
        if (spec.taskId().equals("impossible")) {
            throw new StartFailure(Cause.PROGRAM_MISSING, "no such program");
        }
        if (spec.taskId().equals("lengthy")) {
            progress.step("pulling image a:1");
            await(() -> released, Duration.ofMinutes(1));
        }
        if (!runs.containsKey(run)) {
            begin(run, spec.env().containsKey("TRACEPARENT") ? "traced\n" : "");
        }
    }

    synchronized void begin(RunId run, String output) {
        Run begun = new Run();
        begun.begun = true;
        begun.output = output;
        runs.put(run, begun);
    }

    synchronized void end(RunId run, int code) {
        Run known = runs.get(run);
        if (known != null) {
            known.ended = true;
            known.code = code;
        }
        notifyAll();
    }

    synchronized void write(RunId run, String output) {
        Run known = runs.get(run);
        if (known != null) {
            known.output += output;
        }
        notifyAll();
    }

    synchronized void becomeUnfit(String why) {
        unfit = why;
    }

    /** @param why nothing can run for now; empty: it can */
    synchronized void becomeTroubled(String why) {
        trouble = why;
    }

    /** @param why what earlier processes left cannot be told; empty: it can */
    synchronized void becomeUnreadable(String why) {
        unreadable = why;
    }

    synchronized void becomeUnreachable(boolean is) {
        unreachable = is;
    }

    /** @param is whether its evidence cannot be reached by who wants to revoke */
    synchronized void becomeIrrevocable(boolean is) {
        irrevocable = is;
    }

    /** Ends every preparation that is under way. */
    synchronized void release() {
        released = true;
        notifyAll();
    }

    /** The traces in whose name it was asked about runs. */
    synchronized List<Object> traces() {
        return List.copyOf(traces);
    }

    /** Whether anybody watches it, or did. */
    synchronized boolean wasObserved(RunId run) {
        return observed.contains(run);
    }

    synchronized boolean has(RunId run) {
        return runs.containsKey(run);
    }

    synchronized int released(RunId run) {
        Run known = runs.get(run);
        return known == null ? 0 : known.released;
    }

    synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    @Override
    public synchronized List<Survivor> survivors() throws IOException {
        calls.add("survivors");
        if (!unreadable.isEmpty()) {
            throw new IOException(unreadable);
        }
        return runs.keySet().stream()
                .map(run -> new Survivor(run, Optional.of(TRACEPARENT)))
                .toList();
    }

    @Override
    public synchronized Observed observe(RunId run, Duration patience) throws IOException {
        observed.add(run);
        Optional.ofNullable(MDC.get("traceId")).ifPresent(traces::add);
        Run known = runs.get(run);
        if (known == null) {
            return new Observed.Ended(new Ending.Lost(FailureReason.UNKNOWN, "no evidence"), 0, 9);
        }
        if (!known.begun) {
            return new Observed.Ended(new Ending.NotStarted(FailureReason.TASK_CANCELLED, "revoked", false), 0, 9);
        }
        await(() -> known.ended, patience);
        return known.ended
                ? new Observed.Ended(new Ending.Exited(known.code, FailureReason.UNKNOWN, "", false), 5, 9)
                : new Observed.Running(5);
    }

    @Override
    public synchronized boolean revoke(RunId run) throws IOException {
        calls.add("revoke " + run);
        if (irrevocable) {
            throw new IOException("the evidence is away");
        }
        runs.computeIfAbsent(run, _ -> new Run());
        notifyAll();
        return !runs.get(run).begun;
    }

    @Override
    public synchronized boolean stop(RunId run, Duration grace) {
        calls.add("stop " + run);
        end(run, 143);
        return true;
    }

    @Override
    public LogSource logs(RunId run, String cursor) {
        return new LogSource() {
            private int position = cursor.isEmpty() ? 0 : Integer.parseInt(cursor);

            @Override
            public Chunk next(int max, Duration patience) throws IOException {
                synchronized (FakeBackend.this) {
                    looks++;
                    await(() -> output().length > position || runs.getOrDefault(run, new Run()).silent, patience);
                    byte[] all = output();
                    int until = Math.min(all.length, position + max);
                    Bytes bytes = Bytes.of(Arrays.copyOfRange(all, position, until));
                    position = until;
                    return new Chunk(bytes, Integer.toString(position));
                }
            }

            @Override
            public void release(String delivered) {
                synchronized (FakeBackend.this) {
                    runs.getOrDefault(run, new Run()).released = Integer.parseInt(delivered);
                }
            }

            @Override
            public void close() {}

            private byte[] output() {
                return runs.getOrDefault(run, new Run()).output.getBytes(StandardCharsets.UTF_8);
            }
        };
    }

    /** No more will come, and whoever asks for it is not kept waiting. */
    synchronized void finishOutput(RunId run) {
        runs.getOrDefault(run, new Run()).silent = true;
        notifyAll();
    }

    /** How often somebody asked for output. */
    synchronized int lookedForOutput() {
        return looks;
    }

    @Override
    public synchronized void forget(RunId run) {
        calls.add("forget " + run);
        runs.remove(run);
    }

    private synchronized void await(BooleanSupplier condition, Duration patience) throws IOException {
        Deadline deadline = Deadline.in(patience);
        try {
            while (!condition.getAsBoolean() && !deadline.isOver()) {
                wait(Math.max(1, deadline.left().toMillis()));
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
