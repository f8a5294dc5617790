package dev.slipway.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An HTTP proxy on a free loopback port that does nothing but forward connections ({@code CONNECT}), and only to servers it
 * was told of.
 */
public final class TunnelProxy implements AutoCloseable {
    private static final Duration TEARDOWN = Duration.ofSeconds(5);
    private static final int MAX_HEAD = 32 << 10;
    private static final Pattern CONNECT = Pattern.compile("CONNECT (\\S+) HTTP/1\\.1\r\n.*", Pattern.DOTALL);
    private static final Pattern AUTHORIZATION =
            Pattern.compile("\r\nproxy-authorization: *([^\r]*)", Pattern.CASE_INSENSITIVE);

    private final ServerSocket listener;
    private final Map<String, Integer> servers = new HashMap<>();
    private final Optional<String> wanted;
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final List<String> heads = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Socket> sockets = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private boolean closed;

    private TunnelProxy(Optional<String> wanted) throws IOException {
        this.wanted = wanted;
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        run(this::accept);
    }

    /** A proxy for everybody. */
    public static TunnelProxy start() {
        return start(Optional.empty());
    }

    /** @param authorization the value that the header {@code Proxy-Authorization} must have */
    public static TunnelProxy start(String authorization) {
        return start(Optional.of(authorization));
    }

    private static TunnelProxy start(Optional<String> authorization) {
        try {
            return new TunnelProxy(authorization);
        } catch (IOException e) {
            throw new IllegalStateException("no proxy", e);
        }
    }

    /** Forwards connections to this server, by a name that only the proxy knows, to a loopback port. */
    public TunnelProxy knows(String hostAndPort, int port) {
        lock.lock();
        try {
            servers.put(hostAndPort, port);
        } finally {
            lock.unlock();
        }
        return this;
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** The servers that connections were asked for, as {@code host:port}. */
    public List<String> asked() {
        return List.copyOf(asked);
    }

    /** What came with these requests, as it came. */
    public List<String> heads() {
        return List.copyOf(heads);
    }

    /** Ends every connection. */
    @Override
    public void close() {
        List<Thread> toJoin;
        lock.lock();
        try {
            closed = true;
            sockets.forEach(TunnelProxy::drop);
            toJoin = List.copyOf(threads);
        } finally {
            lock.unlock();
        }
        try {
            listener.close();
            for (Thread thread : toJoin) {
                if (!thread.join(TEARDOWN)) {
                    throw new IllegalStateException("a thread of the proxy does not end");
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("the proxy's port does not close", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void accept() {
        while (true) {
            try {
                Socket client = keep(listener.accept());
                run(() -> serve(client));
            } catch (IOException over) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try {
            String head = head(client.getInputStream());
            Matcher request = CONNECT.matcher(head);
            Matcher authorization = AUTHORIZATION.matcher(head);
            String server = request.matches() ? request.group(1) : "";
            asked.add(server);
            heads.add(head);
            Optional<Integer> port = port(server);
            if (wanted.isPresent()
                    && !wanted.equals(authorization.find() ? Optional.of(authorization.group(1)) : Optional.empty())) {
                answer(client, "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"proxy\"");
            } else if (port.isEmpty()) {
                answer(client, "403 Forbidden");
            } else {
                Socket target = keep(new Socket(InetAddress.getLoopbackAddress(), port.get()));
                answer(client, "200 Connection established");
                run(() -> copy(target, client));
                copy(client, target);
            }
        } catch (IOException gone) {
            // either side may leave at any time
        } finally {
            drop(client);
        }
    }

    private Optional<Integer> port(String server) {
        lock.lock();
        try {
            return Optional.ofNullable(servers.get(server));
        } finally {
            lock.unlock();
        }
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0 || head.length() >= MAX_HEAD) {
                throw new IOException("no request");
            }
            head.append((char) next);
        }
        return head.toString();
    }

    private static void answer(Socket client, String statusAndHeaders) throws IOException {
        client.getOutputStream()
                .write(("HTTP/1.1 " + statusAndHeaders + "\r\nContent-Length: 0\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
    }

    private static void copy(Socket from, Socket to) {
        try (from;
                to) {
            OutputStream out = to.getOutputStream();
            from.getInputStream().transferTo(out);
        } catch (IOException gone) {
            // then both sides end
        }
    }

    private Socket keep(Socket socket) throws IOException {
        lock.lock();
        try {
            if (closed) {
                drop(socket);
            }
            sockets.add(socket);
            return socket;
        } finally {
            lock.unlock();
        }
    }

    private static void drop(Socket socket) {
        try {
            socket.close();
        } catch (IOException gone) {
            // then it is closed already
        }
    }

    private void run(Runnable task) {
        lock.lock();
        try {
            threads.removeIf(thread -> !thread.isAlive());
            threads.add(Thread.ofVirtual().name("tunnel-proxy").start(task));
        } finally {
            lock.unlock();
        }
    }
}
