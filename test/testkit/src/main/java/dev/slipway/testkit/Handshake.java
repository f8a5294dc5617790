package dev.slipway.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The request with which a client asked for a connection.
 *
 * @param path without the query
 * @param query as it was sent, percent-encoded; empty if there was none
 * @param headers by name, whatever its case
 */
public record Handshake(String path, String query, Map<String, String> headers) {
    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final int MAX_HEAD = 32 << 10;

    public Handshake {
        Map<String, String> anyCase = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        anyCase.putAll(headers);
        headers = anyCase;
    }

    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    /** The query's parameters, decoded; of several with one name the last. */
    public Map<String, String> parameters() {
        return Arrays.stream(query.split("&"))
                .filter(pair -> !pair.isEmpty())
                .map(pair -> pair.split("=", 2))
                .collect(Collectors.toMap(
                        pair -> decode(pair[0]),
                        pair -> pair.length > 1 ? decode(pair[1]) : "",
                        (one, other) -> other));
    }

    /** Names and paths, but no values: headers carry the API key. */
    @Override
    public String toString() {
        return "GET " + path + " with headers " + headers.keySet();
    }

    static Handshake read(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0 || head.length() >= MAX_HEAD) {
                throw new ProtocolException("no HTTP request");
            }
            head.append((char) next);
        }
        String[] lines = head.toString().split("\r\n", -1);
        String[] request = lines[0].split(" ", -1);
        if (request.length != 3 || !request[0].equals("GET")) {
            throw new ProtocolException("no GET request");
        }
        Map<String, String> headers = new TreeMap<>();
        for (String line : Arrays.asList(lines).subList(1, lines.length)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                headers.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        }
        String[] target = request[1].split("\\?", 2);
        return new Handshake(target[0], target.length > 1 ? target[1] : "", headers);
    }

    boolean isWebSocket() {
        return header("Upgrade").orElse("").equalsIgnoreCase("websocket")
                && header("Sec-WebSocket-Version").orElse("").equals("13")
                && header("Sec-WebSocket-Key").isPresent();
    }

    String acceptance() {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1")
                    .digest((header("Sec-WebSocket-Key").orElseThrow() + GUID).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    private static String decode(String encoded) {
        return URLDecoder.decode(encoded, StandardCharsets.UTF_8);
    }
}
