package dev.slipway.executor.core;

import dev.slipway.protocol.Bytes;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;

/** The output of one run, read forwards by one thread. */
public interface LogSource extends Closeable {
    /**
     * The next piece, of at most {@code max} bytes. Waits up to {@code patience} for some; none then is an empty piece with
     * an unchanged cursor, whether or not more will come. It need not wait when it knows that none will.
     */
    Chunk next(int max, Duration patience) throws IOException;

    /** Everything up to {@code cursor} is delivered: its space may be freed. */
    void release(String cursor) throws IOException;

    /** The output of a run that has none. */
    static LogSource none() {
        return new LogSource() {
            @Override
            public Chunk next(int max, Duration patience) {
                return new Chunk(Bytes.EMPTY, "");
            }

            @Override
            public void release(String cursor) {}

            @Override
            public void close() {}
        };
    }

    /** @param cursor the backend's own mark of the position after these bytes */
    record Chunk(Bytes bytes, String cursor) {}
}
