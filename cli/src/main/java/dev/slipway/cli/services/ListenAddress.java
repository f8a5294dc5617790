package dev.slipway.cli.services;

/**
 * Where to listen.
 *
 * @param host a name or address of this host; {@code 0.0.0.0} and {@code ::} are all of them
 * @param port 0: any free one
 */
public record ListenAddress(String host, int port) {
    private static final String LOOPBACK = "127.0.0.1";

    public static ListenAddress loopback(int port) {
        return new ListenAddress(LOOPBACK, port);
    }

    ListenAddress withPort(int other) {
        return new ListenAddress(host, other);
    }

    /** Where a process of this host reaches it. */
    String url() {
        var reachable = host.equals("0.0.0.0") || host.equals("::") ? LOOPBACK : host;
        return "http://%s:%d".formatted(reachable.contains(":") ? "[" + reachable + "]" : reachable, port);
    }
}
