package dev.slipway.connector.link;

import dev.slipway.connector.wire.RawFrame;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Gathers the parts of a message. It is never held twice, as it would be in an array that grows, and what was read of it is
 * let go: a large one is several times as large once it is understood.
 */
final class FrameBuffer {
    private static final int BLOCK = 64 << 10;

    private Queue<InputStream> full = new ArrayDeque<>();
    private ByteBuffer block = ByteBuffer.allocate(0);
    private int size;

    int size() {
        return size;
    }

    void add(ByteBuffer part) {
        size += part.remaining();
        while (part.hasRemaining()) {
            if (!block.hasRemaining()) {
                finishBlock();
                block = ByteBuffer.allocate(BLOCK);
            }
            int length = Math.min(block.remaining(), part.remaining());
            block.put(part.slice(part.position(), length));
            part.position(part.position() + length);
        }
    }

    /** What was gathered; from then on another message is. */
    RawFrame take() {
        finishBlock();
        RawFrame frame = new RawFrame(size, new Draining(full));
        clear();
        return frame;
    }

    void clear() {
        full = new ArrayDeque<>();
        block = ByteBuffer.allocate(0);
        size = 0;
    }

    /** Reads block after block, and keeps none that was read. */
    private static final class Draining extends InputStream {
        private final Queue<InputStream> blocks;

        Draining(Queue<InputStream> blocks) {
            this.blocks = blocks;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            for (InputStream block = blocks.peek(); block != null; block = blocks.peek()) {
                int count = block.read(into, offset, length);
                if (count >= 0) {
                    return count;
                }
                blocks.remove();
            }
            return -1;
        }
    }

    private void finishBlock() {
        if (block.position() > 0) {
            full.add(new ByteArrayInputStream(block.array(), 0, block.position()));
        }
    }
}
