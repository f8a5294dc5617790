package dev.slipway.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TunnelProxyTest {
    @Test
    void forwardsBothWaysToTheServersItKnows() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                TunnelProxy proxy = TunnelProxy.start().knows("server.test:81", server.getLocalPort());
                Socket client = ask(proxy, "server.test:81", "")) {
            assertThat(line(client)).isEqualTo("HTTP/1.1 200 Connection established");
            skipHead(client);
            try (Socket accepted = server.accept()) {
                client.getOutputStream().write("to".getBytes(StandardCharsets.US_ASCII));
                assertThat(new String(accepted.getInputStream().readNBytes(2), StandardCharsets.US_ASCII))
                        .isEqualTo("to");
                accepted.getOutputStream().write("fro".getBytes(StandardCharsets.US_ASCII));
                assertThat(new String(client.getInputStream().readNBytes(3), StandardCharsets.US_ASCII))
                        .isEqualTo("fro");
            }
            assertThat(proxy.asked()).containsExactly("server.test:81");
        }
    }

    @Test
    void refusesWhomItDoesNotKnow() throws IOException {
        try (TunnelProxy proxy = TunnelProxy.start();
                Socket client = ask(proxy, "other.test:81", "")) {
            assertThat(line(client)).isEqualTo("HTTP/1.1 403 Forbidden");
        }
    }

    @Test
    void asksForTheAuthorizationItWasGiven() throws IOException {
        try (TunnelProxy proxy = TunnelProxy.start("Basic abc");
                Socket without = ask(proxy, "other.test:81", "");
                Socket with = ask(proxy, "other.test:81", "Proxy-Authorization: Basic abc\r\n")) {
            assertThat(line(without)).startsWith("HTTP/1.1 407");
            assertThat(line(with)).startsWith("HTTP/1.1 403");
        }
    }

    @Test
    void closedItLeavesNothing() throws IOException {
        TunnelProxy proxy = TunnelProxy.start();
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port())) {
            proxy.close();

            assertThat(hasEnded(client)).isTrue();
            assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), proxy.port()).close())
                    .isInstanceOf(ConnectException.class);
        }
    }

    private static boolean hasEnded(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketException e) {
            return true; // cut off, which is an end as well
        }
    }

    private static Socket ask(TunnelProxy proxy, String server, String headers) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        socket.getOutputStream()
                .write(("CONNECT " + server + " HTTP/1.1\r\n" + headers + "\r\n").getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static String line(Socket socket) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = socket.getInputStream().read();
                next != '\n';
                next = socket.getInputStream().read()) {
            line.append((char) next);
        }
        return line.toString().strip();
    }

    private static void skipHead(Socket socket) throws IOException {
        while (!line(socket).isEmpty()) {
            // a header
        }
    }
}
