package dev.slipway.connector.link;

import dev.slipway.connector.link.Connection.DialFailure;
import dev.slipway.connector.outbox.Outbox;
import dev.slipway.connector.outbox.Outbox.Outgoing;
import dev.slipway.connector.outbox.Post;
import dev.slipway.connector.outbox.Signal;
import dev.slipway.connector.wire.FrameWriter;
import dev.slipway.connector.wire.RawFrame;
import java.io.IOException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a connection to the control plane while the dispatcher answers, and writes on it what the outbox holds. One thread
 * dials, writes and pings; what comes in is handed on by the connection's own.
 */
public final class ControlPlane {
    /** Takes messages of the control plane. */
    @FunctionalInterface
    public interface Inbox {
        /** @param more to be called once the next message may be read */
        void accept(RawFrame message, Runnable more);
    }

    private static final Logger LOG = Logger.getLogger(ControlPlane.class);

    /** So long nothing is waited for without looking around. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final Duration GOODBYE = Duration.ofSeconds(1);

    private final LinkSettings settings;
    private final HttpClient http;
    private final Post post;
    private final BooleanSupplier dispatcherAnswers;
    private final Inbox inbox;
    private final InstantSource time;
    private final RandomGenerator random;
    private final Signal signal = new Signal();
    private final Redial redial = new Redial();
    private @Nullable Thread thread;
    private volatile LinkState state;
    private volatile @Nullable Instant stopBy;

    public ControlPlane(
            LinkSettings settings,
            HttpClient http,
            Post post,
            BooleanSupplier dispatcherAnswers,
            Inbox inbox,
            InstantSource time,
            RandomGenerator random) {
        this.settings = settings;
        this.http = http;
        this.post = post;
        this.dispatcherAnswers = dispatcherAnswers;
        this.inbox = inbox;
        this.time = time;
        this.random = random;
        this.state = new LinkState(false, 0, 0);
    }

    public LinkState state() {
        return state;
    }

    /** The dispatcher answers again: whoever waits for that need not wait longer. */
    public void wake() {
        signal.give();
    }

    public void start() {
        post.listen(signal);
        thread = Thread.ofVirtual().name("control-plane").start(this::run);
    }

    /**
     * Writes what is still to be written, for at most {@code flush}, then says goodbye, for at most a second, and ends. A dial
     * is given up at once.
     */
    public void stop(Duration flush) throws InterruptedException {
        stopBy = time.instant().plus(flush);
        signal.give();
        Thread running = thread;
        if (running == null) {
            return;
        }
        if (!state.connected() || !running.join(flush.plus(GOODBYE))) {
            running.interrupt();
            running.join(GOODBYE);
        }
    }

    private void run() {
        try {
            while (stopBy == null) {
                pause(turn());
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Connects if the dispatcher answers, else waits for that a little; returns how long to wait before the next turn. */
    private Duration turn() throws InterruptedException {
        try {
            if (dispatcherAnswers.getAsBoolean()) {
                return session();
            }
            signal.await(LOOK);
            return Duration.ZERO;
        } catch (RuntimeException | Error unexpected) {
            LOG.error("The connection to the control plane failed, and is made anew", unexpected);
            return redial.afterFailure(random.nextDouble());
        }
    }

    private void pause(Duration length) throws InterruptedException {
        Instant until = time.instant().plus(length);
        while (stopBy == null && time.instant().isBefore(until)) {
            signal.await(Duration.between(time.instant(), until));
        }
    }

    /**
     * One connection from its dial to its end.
     *
     * @return how long to wait before the next one
     */
    private Duration session() throws InterruptedException {
        LOG.infof("Connecting to %s", settings.target().shown());
        Incoming incoming = new Incoming();
        Connection connection;
        try {
            connection = Connection.dial(http, settings, incoming);
        } catch (DialFailure failure) {
            changeState(LinkState::dialFailed);
            if (failure.status() == UNAUTHORIZED || failure.status() == FORBIDDEN) {
                LOG.errorf(
                        "API key rejected: the control plane answered the handshake with HTTP status %d. Check that"
                                + " WARP_API_KEY is valid and may be used by self-hosted workers.",
                        failure.status());
            } else {
                LOG.warnf("Cannot connect to %s: %s", settings.target().shown(), failure.getMessage());
            }
            return redial.afterFailure(random.nextDouble());
        }
        Instant since = time.instant();
        post.update(outbox -> outbox.connected(UUID.randomUUID().toString()));
        changeState(now -> now.withConnected(true));
        LOG.info("Successfully connected to server");
        LOG.info("Listening for tasks");
        try {
            serve(connection, incoming);
        } finally {
            connection.abort("Slipway ended it");
            post.update(Outbox::disconnected);
            changeState(now -> now.withConnected(false));
        }
        if (stopBy == null && dispatcherAnswers.getAsBoolean()) {
            changeState(LinkState::remoteClosed);
            LOG.warnf("Connection to the control plane lost: %s", connection.end());
        }
        Duration up = Duration.between(since, time.instant());
        if (incoming.overloadedAt != null) {
            return redial.afterOverload(up, random.nextDouble());
        }
        if (incoming.heardAt == null) {
            return redial.afterSilence(random.nextDouble());
        }
        redial.succeeded(up);
        return Duration.ZERO;
    }

    private void serve(Connection connection, Incoming incoming) throws InterruptedException {
        Liveness liveness =
                new Liveness(settings.timing().ping(), settings.timing().dead(), time.instant());
        while (connection.isOpen()) {
            Instant now = time.instant();
            Instant heard = incoming.heardAt;
            if (heard != null) {
                liveness.heard(heard);
            }
            Instant end = stopBy;
            if (end != null && (!now.isBefore(end) || post.ask(Outbox::isSettled))) {
                connection.close(Connection.NORMAL, "worker stopped");
            } else if (isOver(incoming.overloadedAt, now)) {
                connection.close(Connection.TOO_BIG, "message too big");
            } else if (liveness.isDead(now)) {
                connection.abort("neither data nor an answer to a ping for "
                        + settings.timing().dead().toSeconds() + " s");
            } else if (!dispatcherAnswers.getAsBoolean()) {
                connection.close(Connection.NORMAL, "worker unavailable");
                LOG.error(
                        "The dispatcher does not answer, so the connection to the control plane is closed until it does");
            } else if (!write(connection, liveness)) {
                Duration quiet = shorter(LOOK, liveness.quiet(now));
                signal.await(end == null ? quiet : shorter(quiet, Duration.between(now, end)));
            }
        }
    }

    /**
     * Whether a connection on which too much came is to be closed. What waits here is confirmed first: it would never be if
     * the same came again on every connection.
     */
    private boolean isOver(@Nullable Instant overloadedAt, Instant now) {
        return overloadedAt != null
                && (post.ask(Outbox::isSettled)
                        || !now.isBefore(overloadedAt.plus(settings.timing().dead())));
    }

    /** Writes one message or ping; false if there is none to write. */
    private boolean write(Connection connection, Liveness liveness) throws InterruptedException {
        try {
            Optional<Outgoing> next = post.ask(Outbox::next);
            if (next.isPresent()) {
                connection.send(FrameWriter.write(next.get().notice(), settings.workerId()));
                post.update(outbox -> outbox.written(next.get().id()));
            } else if (liveness.isPingDue(time.instant()) || post.ask(Outbox::wantsPing)) {
                connection.ping(post.change(Outbox::ping));
                liveness.pinged(time.instant());
            } else {
                return false;
            }
        } catch (IOException lost) {
            LOG.debugf("A write to the control plane failed: %s", lost.getMessage());
        }
        return true;
    }

    /** On the loop's thread only. */
    private void changeState(UnaryOperator<LinkState> change) {
        state = change.apply(state);
        post.announce();
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private final class Incoming implements Connection.Events {
        private volatile @Nullable Instant heardAt;
        private volatile @Nullable Instant overloadedAt;

        @Override
        public void heard() {
            heardAt = time.instant();
        }

        @Override
        public void message(RawFrame frame, Runnable more) {
            inbox.accept(frame, more);
        }

        @Override
        public void pong(String payload) {
            post.change(outbox -> outbox.pong(payload));
        }

        @Override
        public void overloaded(String why) {
            LOG.errorf(
                    "A message of the control plane is dropped: %s. The connection is closed once what waits is"
                            + " confirmed, and made anew later.",
                    why);
            overloadedAt = time.instant();
            signal.give();
        }

        @Override
        public void lost() {
            signal.give();
        }
    }
}
