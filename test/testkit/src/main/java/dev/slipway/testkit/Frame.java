package dev.slipway.testkit;

import dev.slipway.protocol.Bytes;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** One RFC 6455 frame. */
record Frame(int opcode, boolean fin, Bytes payload) {
    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    private static final int MAX_PAYLOAD = 64 << 20;

    /**
     * Reads a client's frame.
     *
     * @return null at the end of the stream
     * @throws ProtocolException if a client must not send this
     */
    static @Nullable Frame read(DataInputStream in) throws IOException {
        int first = in.read();
        if (first < 0) {
            return null;
        }
        int second = in.readUnsignedByte();
        if ((first & 0x70) != 0) {
            throw new ProtocolException("reserved bits are set");
        }
        if ((second & 0x80) == 0) {
            throw new ProtocolException("a client's frame is not masked");
        }
        long length = second & 0x7f;
        if (length == 126) {
            length = in.readUnsignedShort();
        } else if (length == 127) {
            length = in.readLong();
        }
        int opcode = first & 0x0f;
        boolean fin = (first & 0x80) != 0;
        if (length < 0 || length > MAX_PAYLOAD || (opcode >= CLOSE && (length > 125 || !fin))) {
            throw new ProtocolException("a frame of opcode " + opcode + " has the illegal length " + length);
        }
        byte[] mask = in.readNBytes(4);
        byte[] payload = in.readNBytes((int) length);
        if (mask.length < 4 || payload.length < length) {
            throw new EOFException("the stream ended inside a frame");
        }
        for (int i = 0; i < payload.length; i++) {
            payload[i] ^= mask[i & 3];
        }
        return new Frame(opcode, fin, Bytes.of(payload));
    }

    /** The frame as a server sends it. */
    byte[] toBytes() {
        int length = payload.length();
        ByteBuffer bytes = ByteBuffer.allocate(length + 10);
        bytes.put((byte) ((fin ? 0x80 : 0) | opcode));
        if (length < 126) {
            bytes.put((byte) length);
        } else if (length < 1 << 16) {
            bytes.put((byte) 126).putShort((short) length);
        } else {
            bytes.put((byte) 127).putLong(length);
        }
        bytes.put(payload.toArray()).flip();
        byte[] exact = new byte[bytes.remaining()];
        bytes.get(exact);
        return exact;
    }
}
