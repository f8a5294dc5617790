package dev.slipway.executor.docker;

import com.github.dockerjava.transport.DockerHttpClient;
import dev.slipway.executor.core.Deadline;
import java.io.BufferedInputStream;
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

/**
 * One answer of the engine with output, read ahead by a thread of its own as far as there is room.
 *
 * <p>An engine that is to follow the output of a task that writes faster than somebody reads goes on with its newest file and says
 * nothing of those in between. So an answer that had to wait for room is not believed any more from there on.
 */
final class LogReader {
    private static final int AHEAD = 64;
    private static final Duration PAUSE = Duration.ofMillis(50);

    /** An engine needs longer to fill the rest of a file and the next one. */
    private static final Duration LAG = Duration.ofMillis(100);

    private static final String GAP =
            "[slipway: output is left out here: the engine had to make room before it could be delivered]\n";

    /** A message, or with none of the two the answer's end. */
    private record Item(Optional<LogMessage> message, Optional<IOException> failure) {}

    private final BlockingQueue<Item> items = new ArrayBlockingQueue<>(AHEAD);
    private final LineEnds lineEnds = new LineEnds();
    private final Optional<DockerHttpClient.Response> response;
    private final boolean follows;
    private final boolean whole;
    private final Thread thread;
    private volatile boolean overtaken;
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
    LogReader(DockerHttpClient.Response response, LogPosition position, boolean follows, boolean whole) {
        this(Optional.of(response), position, follows, whole);
        thread.start();
    }

    private LogReader(
            Optional<DockerHttpClient.Response> response, LogPosition position, boolean follows, boolean whole) {
        this.response = response;
        this.follows = follows;
        this.whole = whole;
        this.thread = Thread.ofVirtual().name("output").unstarted(() -> response.ifPresent(this::read));
        this.anchor = position.anchor();
        this.behind = position.passed();
        this.looksForAnchor = anchor > 0;
        if (anchor == 0 && position.newest() > 0) { // one before it has found a gap, and nothing after that
            this.lost = position.newest();
            this.tellsGap = true;
        }
    }

    static LogReader none(LogPosition position) {
        LogReader none = new LogReader(Optional.empty(), position, false, true);
        none.atEnd = true;
        return none;
    }

    boolean follows() {
        return follows;
    }

    boolean isWhole() {
        return whole;
    }

    /** Whether it ended because the engine may have left something out of what would follow. */
    boolean isOvertaken() {
        return overtaken;
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
            } else if (!looksForAnchor || message.get().nanos() >= anchor) {
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
        thread.interrupt(); // it may wait for room
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
                Item item = new Item(message, Optional.empty());
                if (!items.offer(item, LAG.toMillis(), TimeUnit.MILLISECONDS)) {
                    items.put(item);
                    overtaken = follows;
                }
                message = overtaken ? Optional.empty() : LogMessage.read(input);
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
