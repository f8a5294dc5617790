package dev.slipway.executor.docker;

import dev.slipway.executor.core.Deadline;
import dev.slipway.executor.core.LogSource;
import dev.slipway.protocol.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A container's output, followed while it runs, and read to its end once it does not. */
final class RunOutput implements LogSource {
    private static final Duration END = Duration.ofSeconds(60);
    private static final Duration PAUSE = Duration.ofMillis(50);

    private final Engine engine;
    private final String container;
    private final LogPosition position;
    private @Nullable LogReader reader;
    private byte[] content = new byte[0];
    private int taken;
    private boolean finished;
    private boolean behind;

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
            LogReader current = reader == null ? open(isLast) : reader;
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
                behind = current.isOvertaken();
                close();
                if (isAlive() && !behind) {
                    if (deadline.isOver()) {
                        return false;
                    }
                    deadline.pause(PAUSE); // the engine has let go of the answer, or is about to show the end
                }
            }
        }
        return false;
    }

    /**
     * What runs no more is read to its end, which a reader that follows may have missed. Whoever is behind reads what there is: the
     * engine holds on to that until it is read.
     */
    private LogReader open(boolean isLast) throws IOException {
        boolean alive = isAlive();
        try {
            boolean follows = alive && !isLast && !behind;
            LogReader opened =
                    new LogReader(engine.logs(container, position.sinceSeconds(), follows), position, follows, !alive);
            reader = opened;
            return opened;
        } catch (EngineRefusal e) {
            if (e.isMissing()) {
                finished = true;
                LogReader none = LogReader.none(position);
                reader = none;
                return none;
            }
            throw Engine.refused(e);
        }
    }

    private boolean isAlive() throws IOException {
        return engine.container(container).map(ContainerState::isAlive).orElse(false);
    }
}
