package dev.slipway.dispatcher.api;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.dispatcher.access.Refusal;
import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.core.Life;
import dev.slipway.dispatcher.core.State;
import dev.slipway.dispatcher.logs.Followers;
import dev.slipway.dispatcher.logs.LogStore;
import dev.slipway.dispatcher.loop.Batch;
import dev.slipway.dispatcher.loop.Observer;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.util.concurrent.Semaphore;

/** Those who read output or follow something live: bounded in number, and woken when there is news. */
public final class Viewers implements Observer {
    private static final int MAX = 200;

    private final Semaphore seats = new Semaphore(MAX);
    private final Followers output;
    private final Followers transitions = new Followers();
    private final ObjectMapper json;
    private volatile boolean closing;

    public Viewers(LogStore logs, ObjectMapper json) {
        this.output = logs.followers();
        this.json = json;
    }

    /** Writes events until there is nothing more to come, or {@link Viewers} close. */
    interface Stream {
        void write(LiveEvents events) throws IOException, InterruptedException;
    }

    /** The body of a response that follows something. */
    StreamingOutput follow(Stream stream) {
        return seated(out -> {
            try {
                stream.write(new LiveEvents(out, json));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** A body that lasts for as long as its reader takes; it is refused with 503 if there are too many of them already. */
    StreamingOutput seated(StreamingOutput body) {
        return out -> {
            if (!seats.tryAcquire()) {
                throw Refusal.unavailable(
                        "More than " + MAX + " viewers are here already. Try again when one has left.");
            }
            try {
                body.write(out);
            } finally {
                seats.release();
            }
        };
    }

    Followers.Follower output(String execution) {
        return output.follow(execution);
    }

    Followers.Follower transitions() {
        return transitions.follow("all");
    }

    boolean isOpen() {
        return !closing;
    }

    @Override
    public void committed(Batch batch, State state) {
        boolean news = false;
        for (Change change : batch.changes()) {
            news |= change instanceof Change.Accepted
                    || change instanceof Change.Moved
                    || change instanceof Change.Stalled
                    || change instanceof Change.Prepared;
            if (change instanceof Change.Moved moved && moved.to() instanceof Life.Ended) {
                output.wake(moved.executionId());
            }
        }
        if (news) {
            transitions.wakeAll();
        }
    }

    /** Has all of them leave. */
    public void close() {
        closing = true;
        output.wakeAll();
        transitions.wakeAll();
    }
}
