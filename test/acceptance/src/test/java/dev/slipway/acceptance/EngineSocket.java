package dev.slipway.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A Docker engine's HTTP API with nothing in between: a connection for each call. */
record EngineSocket(Path socket) {
    /** @return the answer's JSON; a missing node if it has none */
    JsonNode call(String method, String path, Object body) throws IOException {
        byte[] json = Slipway.JSON.writeValueAsBytes(body);
        byte[] head = """
                %s %s HTTP/1.0\r
                Host: engine\r
                Content-Type: application/json\r
                Content-Length: %d\r
                \r
                """.formatted(method, path, json.length).getBytes(StandardCharsets.US_ASCII);
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            ByteBuffer request = ByteBuffer.allocate(head.length + json.length)
                    .put(head)
                    .put(json)
                    .flip();
            while (request.hasRemaining()) {
                channel.write(request);
            }
            String answer = new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
            if (!answer.matches("(?s)HTTP/1\\.\\d 2.*")) {
                throw new IOException("%s %s: %s".formatted(method, path, answer));
            }
            return Slipway.JSON.readTree(answer.substring(answer.indexOf("\r\n\r\n") + 4));
        }
    }
}
