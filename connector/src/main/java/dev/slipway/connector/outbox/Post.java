package dev.slipway.connector.outbox;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

/** The outbox, shared by threads: one at a time, and whoever waits for a change hears of it. */
public final class Post {
    private final Outbox outbox = new Outbox();
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Signal> listeners = new CopyOnWriteArrayList<>();

    /** The signal is given after every change from now on. */
    public void listen(Signal signal) {
        listeners.add(signal);
    }

    public <T> T ask(Function<Outbox, T> question) {
        lock.lock();
        try {
            return question.apply(outbox);
        } finally {
            lock.unlock();
        }
    }

    /** As {@link #ask}, for what may change the outbox. */
    public <T> T change(Function<Outbox, T> change) {
        T answer = ask(change);
        announce();
        return answer;
    }

    /** Gives the signal for a change of something that is reported together with the outbox. */
    public void announce() {
        listeners.forEach(Signal::give);
    }

    public void update(Consumer<Outbox> change) {
        change(outbox -> {
            change.accept(outbox);
            return true;
        });
    }
}
