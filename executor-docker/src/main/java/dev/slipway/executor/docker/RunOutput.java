package dev.slipway.executor.docker;

import com.github.dockerjava.transport.DockerHttpClient;
import dev.slipway.executor.core.Deadline;
import dev.slipway.executor.core.LogSource;
import dev.slipway.protocol.Bytes;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A container's output, followed while it runs, and read to its end once it does not. */
final class RunOutput implements LogSource {
    private static final Duration END = Duration.ofSeconds(60);
    private static final Duration PAUSE = Duration.ofMillis(50);
    private static final long NANOS = 1_000_000_000L;
    private static final String GAP =
            "[slipway: output is left out here: the engine had to make room before it could be delivered]\n";

    private final Engine engine;
    private final String container;
    private final LogPosition position;
    private @Nullable Reader reader;
    private byte[] content = new byte[0];
    private int taken;
    private boolean finished;

    RunOutput(Engine engine, String container, String cursor) {
        this.engine = engine;
        this.container = container;
        this.position = LogPosition.of(cursor);
    }

    @Override
    public Chunk next(int max, Duration patience) throws IOException {
        Deadline deadline = Deadline.in(patience);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        while (bytes.size() < max) {
            if (taken == content.length
                    && !take(bytes.size() > 0 ? Duration.ZERO : deadline.left(), patience.isZero())) {
                break;
            }
            int length = Math.min(max - bytes.size(), content.length - taken);
            bytes.write(content, taken, length);
            taken += length;
            if (taken == content.length && reader != null) {
                reader.passed(position);
            } else {
                position.advance(length);
            }
        }
        return new Chunk(Bytes.wrap(bytes.toByteArray()), position.toString());
    }

    @Override
    public void release(String cursor) {
        // the engine limits how much it keeps, and cannot be told to keep less
    }

    @Override
    public void close() {
        if (reader != null) {
            reader.close();
            reader = null;
        }
    }

    /**
     * Makes the next message's bytes the current ones.
     *
     * @param isLast whether the caller takes none for the end, so that what has ended must be read to its end
     * @return false if there is none for now, or no more
     */
    private boolean take(Duration patience, boolean isLast) throws IOException {
        Deadline deadline = Deadline.in(patience);
        while (!finished) {
            Reader current = reader == null ? open(isLast) : reader;
            Optional<byte[]> message = current.next(deadline.left(), position);
            if (message.isPresent()) {
                content = message.get();
                taken = Math.min(position.into(), content.length);
                return true;
            }
            if (!current.isAtEnd()) {
                if (!isLast || (current.follows() && isAlive())) {
                    return false;
                }
                current.awaitMore(END);
            } else if (current.isWhole()) {
                finished = true;
            } else {
                close();
                if (isAlive()) {
                    if (deadline.isOver()) {
                        return false;
                    }
                    deadline.pause(PAUSE); // the engine has let go of the answer, or is about to show the end
                }
            }
        }
        return false;
    }

    /** What runs no more is read to its end, which a reader that follows may have missed. */
    private Reader open(boolean isLast) throws IOException {
        boolean alive = isAlive();
        try {
            boolean follows = alive && !isLast;
            Reader opened =
                    new Reader(engine.logs(container, position.anchor() / NANOS, follows), position, follows, !alive);
            reader = opened;
            return opened;
        } catch (EngineRefusal e) {
            if (e.isMissing()) {
                finished = true;
                Reader none = Reader.none(position);
                reader = none;
                return none;
            }
            throw Engine.refused(e);
        }
    }

    private boolean isAlive() throws IOException {
        return engine.container(container).map(ContainerState::isAlive).orElse(false);
    }

    /** One answer of the engine, read ahead by a thread of its own as far as there is room. */
    private static final class Reader {
        private static final int AHEAD = 64;

        /** A message, or with none of the two the answer's end. */
        private record Item(Optional<LogMessage> message, Optional<IOException> failure) {}

        private final BlockingQueue<Item> items = new ArrayBlockingQueue<>(AHEAD);
        private final LineEnds lineEnds = new LineEnds();
        private final Optional<DockerHttpClient.Response> response;
        private final boolean follows;
        private final boolean whole;
        private final long anchor;
        private long behind;
        private boolean atEnd;
        private boolean looksForAnchor;
        private boolean tellsGap;
        private long lost;
        private boolean wasBetweenLines = true;
        private @Nullable LogMessage current;

        /**
         * @param follows whether the answer goes on with what is still to come
         * @param whole whether nothing was to come any more when it began
         */
        Reader(DockerHttpClient.Response response, LogPosition position, boolean follows, boolean whole) {
            this(Optional.of(response), position, follows, whole);
            Thread.ofVirtual().name("output").start(() -> read(response));
        }

        private Reader(
                Optional<DockerHttpClient.Response> response, LogPosition position, boolean follows, boolean whole) {
            this.response = response;
            this.follows = follows;
            this.whole = whole;
            this.anchor = position.anchor();
            this.behind = position.passed();
            this.looksForAnchor = anchor > 0;
        }

        static Reader none(LogPosition position) {
            Reader none = new Reader(Optional.empty(), position, false, true);
            none.atEnd = true;
            return none;
        }

        boolean follows() {
            return follows;
        }

        boolean isWhole() {
            return whole;
        }

        boolean isAtEnd() {
            return atEnd;
        }

        /** The next message that is not behind, as it was written. */
        Optional<byte[]> next(Duration patience, LogPosition position) throws IOException {
            Deadline deadline = Deadline.in(patience);
            while (!atEnd) {
                Item item = poll(deadline);
                if (item == null) {
                    return Optional.empty();
                }
                Optional<LogMessage> message = item.message();
                if (message.isEmpty()) {
                    atEnd = true;
                    if (item.failure().isPresent()) {
                        throw new IOException(
                                "the engine's log was cut off: "
                                        + item.failure().get().getMessage(),
                                item.failure().get());
                    }
                } else if (message.get().nanos() >= anchor) {
                    Optional<byte[]> bytes = unlessBehind(message.get(), position);
                    if (bytes.isPresent()) {
                        return bytes;
                    }
                }
            }
            return Optional.empty();
        }

        private Optional<byte[]> unlessBehind(LogMessage message, LogPosition position) {
            boolean between = lineEnds.isBetweenLines();
            byte[] bytes = lineEnds.restore(message);
            if (looksForAnchor && message.nanos() != anchor) {
                behind = 0;
                tellsGap = true;
                lost = position.newest();
                position.restart();
            }
            looksForAnchor = false;
            if (behind > 0) {
                behind--;
                return Optional.empty();
            }
            if (message.nanos() <= lost) {
                return Optional.empty();
            }
            wasBetweenLines = between;
            current = message;
            boolean gap = tellsGap;
            tellsGap = false;
            return Optional.of(gap ? withGap(bytes) : bytes);
        }

        private static byte[] withGap(byte[] bytes) {
            byte[] gap = GAP.getBytes(StandardCharsets.UTF_8);
            byte[] whole = new byte[gap.length + bytes.length];
            System.arraycopy(gap, 0, whole, 0, gap.length);
            System.arraycopy(bytes, 0, whole, gap.length, bytes.length);
            return whole;
        }

        /** The message that {@link #next} has given is behind. */
        void passed(LogPosition position) {
            if (current != null) {
                position.pass(current.nanos(), wasBetweenLines);
            }
        }

        /** Waits until there is something to take. */
        void awaitMore(Duration patience) throws IOException {
            Deadline deadline = Deadline.in(patience);
            while (items.isEmpty()) {
                if (deadline.isOver()) {
                    throw new IOException("the engine does not come to the end of an ended container's log");
                }
                deadline.pause(PAUSE);
            }
        }

        void close() {
            response.ifPresent(DockerHttpClient.Response::close);
            items.clear(); // makes room for one who waits for it
        }

        private @Nullable Item poll(Deadline deadline) throws InterruptedIOException {
            try {
                return items.poll(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting for output");
            }
        }

        private void read(DockerHttpClient.Response answer) {
            try {
                // Not closed: that would read to an end that may never come. The answer is.
                DataInputStream input = new DataInputStream(new BufferedInputStream(answer.getBody(), 1 << 16));
                Optional<LogMessage> message = LogMessage.read(input);
                while (message.isPresent()) {
                    items.put(new Item(message, Optional.empty()));
                    message = LogMessage.read(input);
                }
                items.put(new Item(Optional.empty(), Optional.empty()));
            } catch (IOException e) {
                giveUp(e);
            } catch (RuntimeException e) {
                giveUp(new IOException(e));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void giveUp(IOException cause) {
            try {
                items.put(new Item(Optional.empty(), Optional.of(cause)));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
