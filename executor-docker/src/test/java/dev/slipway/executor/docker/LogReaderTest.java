package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.executor.testkit.Watching;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LogReaderTest {
    private final Endless output = new Endless();
    private final LogPosition position = LogPosition.of("");

    @Test
    void aReaderThatIsClosedWhileItWaitsForRoomEnds() throws Exception {
        LogReader reader = new LogReader(new FakeAnswer(output), position, false, false);
        assertThat(reader.next(Watching.PATIENCE, position)).isPresent();
        Thread thread = output.reading.get();
        await().atMost(Watching.PATIENCE).until(() -> thread.getState() == Thread.State.WAITING);

        reader.close();

        await().atMost(Watching.PATIENCE).until(() -> !thread.isAlive());
    }

    @Test
    void anAnswerThatFollowsIsBelievedOnlyAsFarAsItDidNotWaitForRoom() throws Exception {
        LogReader reader = new LogReader(new FakeAnswer(output), position, true, false);
        Thread thread = output.reading.get();
        await().atMost(Watching.PATIENCE).until(() -> thread.getState() == Thread.State.WAITING);

        int read = 0;
        while (reader.next(Watching.PATIENCE, position).isPresent()) {
            read++;
        }

        assertThat(read).isEqualTo(output.given.get());
        assertThat(reader.isAtEnd()).isTrue();
        assertThat(reader.isOvertaken()).isTrue();
        assertThat(reader.isWhole()).isFalse();
        reader.close();
    }

    @Test
    void anAnswerThatDoesNotFollowMayWaitForRoomAsLongAsItLikes() throws Exception {
        LogReader reader = new LogReader(new FakeAnswer(output), position, false, false);
        Thread thread = output.reading.get();
        await().atMost(Watching.PATIENCE).until(() -> thread.getState() == Thread.State.WAITING);

        for (int i = 0; i < 1_000; i++) {
            assertThat(reader.next(Watching.PATIENCE, position)).isPresent();
        }

        assertThat(reader.isOvertaken()).isFalse();
        reader.close();
    }

    /** A task that writes without end. */
    private static final class Endless extends InputStream {
        final CompletableFuture<Thread> reading = new CompletableFuture<>();
        final AtomicInteger given = new AtomicInteger();
        private ByteBuffer message = ByteBuffer.allocate(0);

        @Override
        public int read(byte[] into, int from, int length) {
            reading.complete(Thread.currentThread());
            if (!message.hasRemaining()) {
                byte[] line = "2026-01-02T03:04:05.%09dZ x\n"
                        .formatted(given.incrementAndGet())
                        .getBytes(StandardCharsets.US_ASCII);
                message = ByteBuffer.allocate(8 + line.length).put((byte) 1).put(new byte[3]);
                message.putInt(line.length).put(line).flip();
            }
            int part = Math.min(length, message.remaining());
            message.get(into, from, part);
            return part;
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            read(one, 0, 1);
            return one[0];
        }
    }
}
