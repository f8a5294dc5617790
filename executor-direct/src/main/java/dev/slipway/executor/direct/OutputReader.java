package dev.slipway.executor.direct;

import dev.slipway.executor.core.Deadline;
import dev.slipway.executor.core.LogSource;
import dev.slipway.protocol.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;

/** Reads a run's output file. A cursor is the offset in it, in bytes. */
final class OutputReader implements LogSource {
    private static final Duration POLL = Duration.ofMillis(25);

    private final Output output;
    private final OutputEcho echo;
    private final FileChannel file;
    private long position;

    /** @param echo told what is read */
    OutputReader(Output output, String cursor, OutputEcho echo) throws IOException {
        this.output = output;
        this.echo = echo;
        this.position = cursor.isEmpty() ? 0 : Long.parseLong(cursor);
        this.file = FileChannel.open(output.evidence().output(), StandardOpenOption.READ);
    }

    @Override
    public Chunk next(int max, Duration patience) throws IOException {
        Deadline deadline = Deadline.in(patience);
        while (true) {
            ByteBuffer buffer = ByteBuffer.allocate(Math.clamp(file.size() - position, 1, max));
            int read = file.read(buffer, position);
            long freed = output.freed(); // asked after reading: freed space reads as zeros
            if (position < freed) {
                String gap = "[slipway: %d bytes of output are left out here]%n".formatted(freed - position);
                position = freed;
                return chunk(gap.getBytes(StandardCharsets.UTF_8));
            }
            if (read > 0) {
                byte[] bytes = Arrays.copyOf(buffer.array(), read);
                echo.repeat(position, bytes);
                position += read;
                return chunk(bytes);
            }
            if (deadline.isOver()) {
                return chunk(new byte[0]);
            }
            deadline.pause(POLL);
        }
    }

    @Override
    public void release(String cursor) throws IOException {
        output.free(Long.parseLong(cursor));
    }

    @Override
    public void close() throws IOException {
        echo.flush();
        file.close();
    }

    private Chunk chunk(byte[] bytes) {
        return new Chunk(Bytes.of(bytes), Long.toString(position));
    }
}
