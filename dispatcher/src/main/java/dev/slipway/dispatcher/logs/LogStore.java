package dev.slipway.dispatcher.logs;

import dev.slipway.dispatcher.access.Refusal;
import dev.slipway.dispatcher.ledger.Transaction;
import dev.slipway.protocol.LogAppend;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import javax.sql.DataSource;
import org.jboss.logging.Logger;

/**
 * Appends and reads output. One thread writes: what waits when it is free goes into one transaction, and is answered once that
 * is on disk. Readers have connections of their own and hold none between two pieces.
 */
public final class LogStore implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(LogStore.class);
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(10);
    private static final int WAITING = 64;
    private static final int BATCH = 32;
    private static final Duration PROBE = Duration.ofSeconds(1);

    private final DataSource database;
    private final Cap cap;
    private final BlockingQueue<Waiting> queue = new ArrayBlockingQueue<>(WAITING);
    private final Followers followers = new Followers();
    private final Thread writer;
    private volatile boolean closed;
    private volatile boolean failing;

    /** @param append absent to remove what is stored */
    private record Waiting(
            String execution, Optional<LogAppend> append, CompletableFuture<LogAppend.Position> answer) {}

    public LogStore(DataSource database) {
        this(database, Cap.DEFAULT);
    }

    LogStore(DataSource database, Cap cap) {
        this.database = database;
        this.cap = cap;
        this.writer = Thread.ofPlatform().name("log-writer").daemon().start(this::write);
    }

    /**
     * Appends output, durably once this returns.
     *
     * @return how much is stored, whether or not these bytes were taken
     * @throws Refusal 503 when they cannot be stored now
     */
    public LogAppend.Position append(String execution, LogAppend append) {
        var waiting = new Waiting(execution, Optional.of(append), new CompletableFuture<>());
        try {
            if (closed || !queue.offer(waiting, ANSWER_WITHIN.toNanos(), TimeUnit.NANOSECONDS)) {
                throw busy();
            }
            return waiting.answer().get(ANSWER_WITHIN.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw busy();
        } catch (ExecutionException e) {
            throw Refusal.unavailable(
                    "Output cannot be stored now: is the disk of the dispatcher's state directory full? Its log says more. Send it again.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Refusal.unavailable("The dispatcher is shutting down. Send it again when it is back.");
        }
    }

    private static Refusal busy() {
        return Refusal.unavailable(
                "More output is waiting to be stored than the disk takes. Send it again in a second.");
    }

    /**
     * What stands at an offset of an execution's output: one piece of bounded size, or the gap up to the next one.
     *
     * @return empty when nothing was written there yet
     * @throws Refusal 503 when the store cannot be read
     */
    public Optional<Stored> read(String execution, long offset) {
        return look(tables -> tables.at(execution, offset));
    }

    private interface Look<T> {
        T at(OutputTables tables) throws SQLException;
    }

    private <T> T look(Look<T> look) {
        try (Connection connection = database.getConnection()) {
            return look.at(new OutputTables(connection, cap));
        } catch (SQLException e) {
            LOG.error("Output cannot be read from logs.db", e);
            throw Refusal.unavailable("Output cannot be read now. The dispatcher's log says why.");
        }
    }

    /**
     * How much was written of an execution's output so far, in bytes; what is not kept counts.
     *
     * @throws Refusal 503 when the store cannot be read
     */
    public long length(String execution) {
        return look(tables -> tables.head(execution).length());
    }

    /** Whether output can be stored, as far as the last attempt shows. */
    public boolean isReady() {
        return writer.isAlive() && !failing;
    }

    /** Those who wait for more output of an execution. */
    public Followers followers() {
        return followers;
    }

    /** Removes an execution's output, some time soon; what a crash leaves is found by {@link #retain} at the next start. */
    public void forget(String execution) {
        if (!queue.offer(new Waiting(execution, Optional.empty(), new CompletableFuture<>()))) {
            LOG.infof("The output of the forgotten execution %s stays until the next start", execution);
        }
    }

    /**
     * Removes the output of all executions but these.
     *
     * @throws SQLException if the store cannot be read or written
     */
    public void retain(Predicate<String> known) throws SQLException {
        try (Connection connection = database.getConnection()) {
            var tables = new OutputTables(connection, cap);
            for (String execution : tables.executions()) {
                if (!known.test(execution)) {
                    tables.remove(execution);
                }
            }
        }
    }

    private void write() {
        List<Waiting> batch = new ArrayList<>(BATCH);
        while (!closed) {
            try {
                take(batch);
                commit(batch);
            } catch (Throwable e) {
                // Nothing may end this thread: without it no output is stored any more, and every executor waits in
                // vain.
                fail(batch, e);
            } finally {
                batch.clear();
            }
        }
        queue.forEach(waiting -> waiting.answer().completeExceptionally(new IllegalStateException("closed")));
    }

    /** Leaves the batch empty, for a probe, if nothing came in a while in which it is not known whether writing works. */
    private void take(List<Waiting> batch) throws InterruptedException {
        Waiting first = failing ? queue.poll(PROBE.toNanos(), TimeUnit.NANOSECONDS) : queue.take();
        if (first != null) {
            batch.add(first);
            queue.drainTo(batch, BATCH - 1);
        }
    }

    private void commit(List<Waiting> batch) throws SQLException {
        List<LogAppend.Position> positions = Transaction.run(database, connection -> {
            var tables = new OutputTables(connection, cap);
            if (batch.isEmpty()) {
                tables.probe();
            }
            List<LogAppend.Position> done = new ArrayList<>(batch.size());
            for (Waiting waiting : batch) {
                done.add(apply(tables, waiting));
            }
            return done;
        });
        if (failing) {
            failing = false;
            LOG.info("Output can be stored again");
        }
        for (int i = 0; i < batch.size(); i++) {
            batch.get(i).answer().complete(positions.get(i));
            followers.wake(batch.get(i).execution());
        }
    }

    private void fail(List<Waiting> batch, Throwable e) {
        batch.forEach(waiting -> waiting.answer().completeExceptionally(e));
        if (!failing) {
            failing = true;
            LOG.error(
                    "Output cannot be stored in logs.db; executors keep it and send it again. It is tried again every second.",
                    e);
        }
    }

    private static LogAppend.Position apply(OutputTables tables, Waiting waiting) throws SQLException {
        if (waiting.append().isPresent()) {
            return tables.append(waiting.execution(), waiting.append().get());
        }
        tables.remove(waiting.execution());
        return new LogAppend.Position(0, "", true);
    }

    /** Stops the writer; what waits is refused and will be sent again to the next dispatcher. */
    @Override
    public void close() {
        closed = true;
        queue.offer(new Waiting("", Optional.empty(), new CompletableFuture<>())); // to have it look
        try {
            writer.join(ANSWER_WITHIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
