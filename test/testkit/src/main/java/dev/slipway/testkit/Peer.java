package dev.slipway.testkit;

import dev.slipway.protocol.Bytes;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The server's side of one WebSocket connection: frames in and out, and every way to behave badly. */
final class Peer {
    /** Told what comes in, on the connection's own thread. */
    interface Events {
        /** Returns once this side reads; called before bytes are taken from the socket, and before a frame is looked at. */
        void untilReading() throws InterruptedException;

        void message(String text);

        /** Returns whether it is to be answered. */
        boolean ping(String payload);

        void pong(String payload);

        void closed(int code);
    }

    /** @param fragment payload bytes per frame, 0 for all in one */
    record Manner(int fragment, boolean binary, boolean trickle) {
        static final Manner GOOD = new Manner(0, false, false);
    }

    private static final int NO_STATUS = 1005;
    private static final int PROTOCOL_ERROR = 1002;

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private final Object writing = new Object();
    private @Nullable Events reader;

    Peer(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(new BufferedInputStream(new Gated(socket.getInputStream())));
        this.out = socket.getOutputStream();
    }

    Handshake readHandshake() throws IOException {
        return Handshake.read(in);
    }

    void answer(String head) throws IOException {
        write((head + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII), false);
    }

    /** Reads until the connection ends, however it ends. */
    void serve(Events events) throws InterruptedException {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        reader = events;
        try {
            for (Frame frame = Frame.read(in); frame != null; frame = Frame.read(in)) {
                events.untilReading();
                switch (frame.opcode()) {
                    case Frame.TEXT, Frame.BINARY, Frame.CONTINUATION -> {
                        message.writeBytes(frame.payload().toArray());
                        if (frame.fin()) {
                            events.message(message.toString(StandardCharsets.UTF_8));
                            message.reset();
                        }
                    }
                    case Frame.PING -> {
                        if (events.ping(text(frame.payload()))) {
                            send(new Frame(Frame.PONG, true, frame.payload()));
                        }
                    }
                    case Frame.PONG -> events.pong(text(frame.payload()));
                    case Frame.CLOSE -> {
                        events.closed(code(frame.payload()));
                        send(new Frame(Frame.CLOSE, true, frame.payload()));
                        return;
                    }
                    default -> throw new ProtocolException("unknown opcode " + frame.opcode());
                }
            }
        } catch (ProtocolException broken) {
            close(PROTOCOL_ERROR, String.valueOf(broken.getMessage()));
        } catch (IOException gone) {
            // The end of a connection, wanted or not, is what this class is about.
        } finally {
            drop();
        }
    }

    void send(String text, Manner manner) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int step = manner.fragment() == 0 ? Math.max(1, bytes.length) : manner.fragment();
        int opcode = manner.binary() ? Frame.BINARY : Frame.TEXT;
        ByteArrayOutputStream frames = new ByteArrayOutputStream();
        for (int from = 0; from == 0 || from < bytes.length; from += step) {
            int to = Math.min(bytes.length, from + step);
            frames.writeBytes(
                    new Frame(from == 0 ? opcode : Frame.CONTINUATION, to == bytes.length, Bytes.of(bytes, from, to))
                            .toBytes());
        }
        tryWrite(frames.toByteArray(), manner.trickle());
    }

    void send(Frame frame) {
        tryWrite(frame.toBytes(), false);
    }

    void close(int code, String reason) {
        byte[] words = reason.getBytes(StandardCharsets.UTF_8);
        send(new Frame(
                Frame.CLOSE,
                true,
                Bytes.of(ByteBuffer.allocate(2 + words.length)
                        .putShort((short) code)
                        .put(words)
                        .array())));
    }

    /** Says that nothing more will come, and goes on listening. */
    void halfClose() {
        try {
            socket.shutdownOutput();
        } catch (IOException gone) {
            // then it is closed already
        }
    }

    /** Ends the connection with a reset. */
    void cut() {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException gone) {
            // then it is closed already
        }
        drop();
    }

    void drop() {
        try {
            socket.close();
        } catch (IOException gone) {
            // then it is closed already
        }
    }

    private void tryWrite(byte[] bytes, boolean trickle) {
        try {
            write(bytes, trickle);
        } catch (IOException gone) {
            drop();
        }
    }

    private void write(byte[] bytes, boolean trickle) throws IOException {
        synchronized (writing) {
            if (trickle) {
                for (byte one : bytes) {
                    out.write(one);
                    out.flush();
                }
            } else {
                out.write(bytes);
                out.flush();
            }
        }
    }

    /** Takes nothing from the socket while this side is told not to read. */
    private final class Gated extends FilterInputStream {
        Gated(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            Events events = reader;
            if (events != null) {
                try {
                    events.untilReading();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new InterruptedIOException();
                }
            }
            return super.read(bytes, offset, length);
        }
    }

    private static String text(Bytes payload) {
        return new String(payload.toArray(), StandardCharsets.UTF_8);
    }

    private static int code(Bytes payload) {
        return payload.length() < 2
                ? NO_STATUS
                : ByteBuffer.wrap(payload.toArray()).getShort() & 0xffff;
    }
}
