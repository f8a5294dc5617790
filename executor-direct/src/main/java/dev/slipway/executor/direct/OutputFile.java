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
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/** A run's output file. A cursor is the offset in it, in bytes. */
final class OutputFile implements LogSource {
    private static final Logger LOG = Logger.getLogger(OutputFile.class);
    private static final Duration POLL = Duration.ofMillis(25);

    /** Space is freed in steps of this size: every step costs a few system calls. */
    private static final long STEP = 1 << 20;

    private final Evidence evidence;
    private final HolePunch holePunch;
    private final AtomicBoolean canPunch;
    private final FileChannel file;
    private long position;
    private long released;
    private long lost;

    /** @param canPunch turned off for all files once the file system is seen to be unable */
    OutputFile(Evidence evidence, String cursor, HolePunch holePunch, AtomicBoolean canPunch) throws IOException {
        this.evidence = evidence;
        this.holePunch = holePunch;
        this.canPunch = canPunch;
        this.released = evidence.released();
        long wanted = cursor.isEmpty() ? 0 : Long.parseLong(cursor);
        this.position = Math.max(wanted, released);
        this.lost = position - wanted;
        this.file = FileChannel.open(evidence.output(), StandardOpenOption.READ);
    }

    @Override
    public Chunk next(int max, Duration patience) throws IOException {
        if (lost > 0) {
            // Only a dispatcher that lost what it had taken asks for output that was freed after it was taken.
            String gap = "[slipway: %d bytes of output are missing here]%n".formatted(lost);
            lost = 0;
            return chunk(gap.getBytes(StandardCharsets.UTF_8));
        }
        Deadline deadline = Deadline.in(patience);
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(max, Math.max(1, file.size() - position)));
        while (true) {
            int read = file.read(buffer, position);
            if (read > 0) {
                position += read;
                return chunk(Arrays.copyOf(buffer.array(), read));
            }
            if (deadline.isOver()) {
                return chunk(new byte[0]);
            }
            deadline.pause(POLL);
            if (file.size() > position) {
                buffer = ByteBuffer.allocate((int) Math.min(max, file.size() - position));
            }
        }
    }

    @Override
    public void release(String cursor) throws IOException {
        long delivered = Long.parseLong(cursor) / STEP * STEP;
        if (delivered <= released || !canPunch.get()) {
            return;
        }
        evidence.release(delivered); // before the space is freed: what was freed must not be read again
        try {
            holePunch.free(evidence.output(), released, delivered - released);
        } catch (IOException e) {
            if (canPunch.compareAndSet(true, false)) {
                LOG.warn("delivered output stays on disk until its task is acknowledged", e);
            }
        }
        released = delivered;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    private Chunk chunk(byte[] bytes) {
        return new Chunk(Bytes.of(bytes), Long.toString(position));
    }
}
