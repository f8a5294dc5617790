package dev.slipway.connector.link;

import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where to connect.
 *
 * @param shown the address without its query, for people
 */
record Target(URI uri, String shown) {
    /** The configured address with the worker's id in its query, in place of one that is there already. */
    static Target of(URI configured, String workerId) {
        String query = configured.getRawQuery() == null ? "" : configured.getRawQuery();
        String id = "worker_id=" + URLEncoder.encode(workerId, StandardCharsets.UTF_8);
        String newQuery = Stream.concat(
                        Arrays.stream(query.split("&", -1)).filter(pair -> !pair.isEmpty() && !isWorkerId(pair)),
                        Stream.of(id))
                .collect(Collectors.joining("&"));
        String path = configured.getRawPath().isEmpty() ? "/" : configured.getRawPath();
        String base = configured.getScheme() + "://" + configured.getRawAuthority() + path;
        String shown = configured.getScheme() + "://" + configured.getHost()
                + (configured.getPort() < 0 ? "" : ":" + configured.getPort()) + path;
        return new Target(URI.create(base + "?" + newQuery), shown);
    }

    private static boolean isWorkerId(String pair) {
        return URLDecoder.decode(pair.split("=", 2)[0], StandardCharsets.UTF_8).equals("worker_id");
    }
}
