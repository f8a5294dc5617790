package dev.slipway.dispatcher.loop;

import dev.slipway.dispatcher.access.Refusal;
import dev.slipway.dispatcher.core.Answer;
import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.core.Decider;
import dev.slipway.dispatcher.core.Decision;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Limits;
import dev.slipway.dispatcher.core.Reply;
import dev.slipway.dispatcher.core.State;
import dev.slipway.dispatcher.ledger.Details;
import dev.slipway.dispatcher.ledger.Ledger;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.ExecutorSync;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Owns the state. Its thread takes what waits, decides, stores everything that follows in one transaction, and only then
 * answers: an answer always means "durable". When a transaction fails the state is worthless; it is dropped and read again, and
 * those who waited are refused with 503. The thread never ends before {@link #close}.
 */
public final class Loop implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Loop.class);

    private static final int MAX_WAITING = 1_000;
    private static final int MAX_BATCH = 256;
    private static final Duration TICK = Duration.ofSeconds(1);
    private static final Duration HOLD = Duration.ofSeconds(3);

    /** Longer than a commit ever takes on a disk that works, shorter than the connector's patience. */
    private static final Duration ANSWER_WITHIN = Duration.ofMillis(4_500);

    private final Ledger ledger;
    private final Limits limits;
    private final InstantSource clock;
    private final List<Observer> observers;
    private final Duration hold;
    private final BlockingQueue<Work> queue = new ArrayBlockingQueue<>(MAX_WAITING);
    private final Map<Held.Call, CompletableFuture<Answered<?>>> held = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile boolean ready;
    private volatile boolean closed;

    // Only the loop's thread touches what follows, once it runs.
    private @Nullable State state;
    private long nextTick = System.nanoTime();

    /** Something to look up in the state. It must not keep or return any live part of it. */
    public interface Question<T> {
        /** @param now milliseconds since the epoch */
        T of(State state, Limits limits, long now);
    }

    /** @param session of the state that the answer was decided on */
    public record Answered<A extends Answer>(A answer, String session) {}

    /** @throws SQLException if the state cannot be read */
    public Loop(Ledger ledger, Limits limits, InstantSource clock, List<Observer> observers) throws SQLException {
        this(ledger, limits, clock, observers, HOLD);
    }

    Loop(Ledger ledger, Limits limits, InstantSource clock, List<Observer> observers, Duration hold)
            throws SQLException {
        this.hold = hold;
        this.ledger = ledger;
        this.limits = limits;
        this.clock = clock;
        this.observers = List.copyOf(observers);
        restore();
        this.ready = true;
        this.thread = Thread.ofPlatform().name("loop").daemon().start(this::run);
    }

    /** Whether the state is there and the last transaction succeeded. */
    public boolean isReady() {
        return ready && thread.isAlive();
    }

    /** How many calls wait for their batch. */
    int waiting() {
        return queue.size();
    }

    /** @throws Refusal 503 if it was not stored, or it is not known in time whether it was */
    public Reply decide(Event event) {
        var work = new Work.Decide(event, Optional.empty(), Optional.empty(), new CompletableFuture<>());
        return enqueued(work, work.reply());
    }

    /** @throws Refusal 503 if it was not stored, or it is not known in time whether it was */
    public Reply submit(Event.Submit submit, Details details) {
        var work = new Work.Decide(submit, Optional.of(details), Optional.empty(), new CompletableFuture<>());
        return enqueued(work, work.reply());
    }

    /**
     * Waits for up to 3 s for something to do.
     *
     * @throws Refusal 409 if the report is outdated, 503 if it was not stored
     */
    public Answered<Answer.ToExecutor> sync(String executor, ExecutorSync sync) {
        var call = new Held.Call(true, executor, sync.incarnation(), sync.seq());
        Answered<?> answered = hold(call, new Event.ExecutorReport(executor, sync));
        return new Answered<>((Answer.ToExecutor) answered.answer(), answered.session());
    }

    /**
     * Waits for up to 3 s for something to write.
     *
     * @throws Refusal 409 if the report is outdated, 503 if it was not stored
     */
    public Answered<Answer.ToConnector> sync(String connector, ConnectorSync sync) {
        var call = new Held.Call(false, connector, sync.incarnation(), sync.seq());
        Answered<?> answered = hold(call, new Event.ConnectorReport(connector, sync));
        return new Answered<>((Answer.ToConnector) answered.answer(), answered.session());
    }

    private Answered<?> hold(Held.Call call, Event report) {
        var answer = new CompletableFuture<Answered<?>>();
        var work = new Work.Decide(
                report, Optional.empty(), Optional.of(new Held(call, answer)), new CompletableFuture<>());
        try {
            if (enqueued(work, work.reply()) instanceof Reply.Outdated) {
                throw Refusal.conflict(
                        "A newer sync of the same service was seen before this one: nothing was read from it."
                                + " If two services share this id, give one of them another.");
            }
            try {
                return answer.get(hold.toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                decide(call.holdOver());
                return await(answer);
            }
        } catch (ExecutionException e) {
            throw refusal(e);
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            held.remove(call, answer);
        }
    }

    /** Looks something up in the state; what is seen is durable. */
    public <T> T ask(Question<T> question) {
        var work = new Work.Ask<>(question, new CompletableFuture<>());
        return enqueued(work, work.answer());
    }

    private <T> T enqueued(Work work, CompletableFuture<T> result) {
        if (closed || !queue.offer(work)) {
            throw Refusal.unavailable("More calls are waiting than can be served now. Try again in a second.");
        }
        return await(result);
    }

    private static <T> T await(CompletableFuture<T> result) {
        try {
            return result.get(ANSWER_WITHIN.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw Refusal.unavailable(
                    "The ledger did not answer in time: is its disk slow or full? It may or may not have stored this; try again.");
        } catch (ExecutionException e) {
            throw refusal(e);
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static Refusal interrupted() {
        Thread.currentThread().interrupt();
        return closing();
    }

    private static RuntimeException refusal(ExecutionException e) {
        return e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
    }

    // --- the loop's thread

    private void run() {
        List<Work> batch = new ArrayList<>(MAX_BATCH);
        while (!closed) {
            try {
                take(batch);
                turn(batch);
            } catch (Throwable e) {
                // Nothing may end this thread: without it nothing is decided any more, and nobody would notice.
                fail(batch, e);
            } finally {
                batch.clear();
            }
        }
        queue.drainTo(batch);
        refuse(batch, closing());
    }

    private void take(List<Work> batch) throws InterruptedException {
        Work first = queue.poll(Math.max(0, nextTick - System.nanoTime()), TimeUnit.NANOSECONDS);
        if (first != null) {
            batch.add(first);
            queue.drainTo(batch, MAX_BATCH - 1);
        }
    }

    private void turn(List<Work> works) throws SQLException {
        boolean tick = System.nanoTime() - nextTick >= 0;
        if (tick) {
            nextTick = System.nanoTime() + TICK.toNanos();
        }
        if (state == null) {
            if (!tick) {
                refuse(works, notStored());
                return;
            }
            restore();
        }
        if (tick && !ready) {
            ledger.probe();
            ready = true;
            LOG.info("The ledger takes commits again");
        }
        decide(works, tick, clock.millis());
    }

    private void decide(List<Work> works, boolean tick, long now) throws SQLException {
        State current = Objects.requireNonNull(state);
        var decider = new Decider(current, limits);
        List<Change> changes = new ArrayList<>();
        List<Answer> answers = new ArrayList<>();
        List<Runnable> replies = new ArrayList<>();
        Map<String, Details> details = new HashMap<>();
        for (Work work : works) {
            switch (work) {
                case Work.Decide decide -> {
                    Decision decision = decider.decide(decide.event(), now);
                    changes.addAll(decision.changes());
                    answers.addAll(decision.answers());
                    decide.details().ifPresent(d -> accepted(decision.changes(), d, details));
                    decide.held()
                            .filter(_ -> decision.reply() instanceof Reply.Done)
                            .ifPresent(h -> held.put(h.call(), h.answer()));
                    replies.add(() -> decide.reply().complete(decision.reply()));
                }
                case Work.Wake _ -> {}
                case Work.Ask<?> ask -> replies.add(() -> ask.answer(current, limits, now));
            }
        }
        if (tick) {
            changes.addAll(decider.decide(new Event.Tick(), now).changes());
        }
        Decision settled = decider.settle(now);
        changes.addAll(settled.changes());
        answers.addAll(settled.answers());

        Duration commit = commit(changes, details);
        var batch = new Batch(now, works.size(), List.copyOf(changes), Map.copyOf(details), commit);
        // Before the answers: who has one, and calls again at once, must find what came of it everywhere.
        tell(observer -> observer.committed(batch, current));
        batch.changes(Change.GivenBack.class).forEach(Loop::announce);
        replies.forEach(Runnable::run);
        for (Answer answer : answers) {
            CompletableFuture<Answered<?>> waiting = held.remove(Held.Call.of(answer));
            if (waiting != null) {
                waiting.complete(new Answered<>(answer, current.session()));
            }
        }
    }

    private static void announce(Change.GivenBack givenBack) {
        LOG.warnf(
                "Execution %s of task %s is given back to the control plane: the connector that submitted it ended before it"
                        + " was known whether it would claim or reject it. It runs here if the control plane assigns it again.",
                givenBack.executionId(), givenBack.taskId());
    }

    /** An observer that fails misses something; what was decided stands. */
    private void tell(Consumer<Observer> news) {
        for (Observer observer : observers) {
            try {
                news.accept(observer);
            } catch (RuntimeException e) {
                LOG.errorf(
                        e,
                        "%s failed and may be wrong from now on",
                        observer.getClass().getSimpleName());
            }
        }
    }

    private static void accepted(List<Change> changes, Details submitted, Map<String, Details> details) {
        for (Change change : changes) {
            if (change instanceof Change.Accepted(var execution)) {
                details.put(execution.id(), submitted);
            }
        }
    }

    private Duration commit(List<Change> changes, Map<String, Details> details) throws SQLException {
        List<Change.Durable> durable = changes.stream()
                .filter(Change.Durable.class::isInstance)
                .map(Change.Durable.class::cast)
                .toList();
        if (durable.isEmpty()) {
            return Duration.ZERO;
        }
        long begin = System.nanoTime();
        ledger.commit(durable, details);
        ready = true;
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    private void restore() throws SQLException {
        State restored = ledger.load(UUID.randomUUID().toString());
        Map<String, String> traceparents = ledger.traceparents();
        state = restored;
        tell(observer -> observer.restored(restored, traceparents));
    }

    private void fail(List<Work> batch, Throwable e) {
        if (ready) {
            LOG.error(
                    "What was decided could not be stored, and those who waited for it were told to try again. "
                            + (e instanceof SQLException
                                    ? "Is the disk of the state directory full or read-only? It is tried again every second."
                                    : "This is a fault of the dispatcher's own: report it with what follows here."),
                    e);
        }
        ready = false;
        state = null;
        refuse(batch, notConfirmed(e));
        held.values().forEach(answer -> answer.completeExceptionally(notConfirmed(e)));
        held.clear();
        tell(Observer::failed);
    }

    private static void refuse(List<Work> works, RuntimeException why) {
        works.forEach(work -> work.refuse(why));
    }

    private static Refusal notStored() {
        return Refusal.unavailable(
                "The ledger cannot be written now: is the disk of the dispatcher's state directory full? Its log says more. Nothing was changed; try again.");
    }

    /** A commit that fails may have been stored all the same. */
    private static Refusal notConfirmed(Throwable e) {
        return Refusal.unavailable(
                (e instanceof SQLException
                                ? "The ledger could not be written: is the disk of the dispatcher's state directory full?"
                                : "Something unexpected happened here.")
                        + " The dispatcher's log says more. It is not certain whether this was stored: look, or send it again under the same id.");
    }

    private static Refusal closing() {
        return Refusal.unavailable("The dispatcher is shutting down. Try again when it is back.");
    }

    /** Ends the thread after its current batch; who waits is refused. */
    @Override
    public void close() {
        closed = true;
        queue.offer(new Work.Wake());
        try {
            thread.join(ANSWER_WITHIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        held.values().forEach(answer -> answer.completeExceptionally(closing()));
    }
}
