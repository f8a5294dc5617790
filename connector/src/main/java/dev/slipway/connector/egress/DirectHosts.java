package dev.slipway.connector.egress;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The servers that are reached without a proxy: {@code NO_PROXY} as Go's programs read it, which is a list, separated by
 * commas, of
 *
 * <pre>
 *   *                              every host
 *   example.com                    the host and all below it
 *   .example.com, *.example.com    all below it
 *   10.1.2.3, fd00::1              an address
 *   10.0.0.0/8, fd00::/8           a range of addresses
 *   …:8443                         of any of these but a range, only this port
 * </pre>
 *
 * <p>Names are not looked up: a range covers only servers that are named by their address. This host itself is always
 * reached directly.
 */
final class DirectHosts {
    private static final Pattern WITH_PORT = Pattern.compile("\\[([^\\]]*)\\]:([^:]*)|([^:]*):([^:]*)");
    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

    private interface Rule {
        /** @param address of a host that is named by it */
        boolean covers(String host, String port, Optional<InetAddress> address);
    }

    private final List<Rule> rules;

    private DirectHosts(List<Rule> rules) {
        this.rules = List.copyOf(rules);
    }

    static DirectHosts parse(String noProxy) {
        List<Rule> rules = new ArrayList<>();
        for (String entry : noProxy.toLowerCase(Locale.ROOT).split(",", -1)) {
            String rule = entry.strip();
            if (rule.equals("*")) {
                return new DirectHosts(List.of((host, port, address) -> true));
            }
            if (!rule.isEmpty()) {
                range(rule).or(() -> hostOrAddress(rule)).ifPresent(rules::add);
            }
        }
        return new DirectHosts(rules);
    }

    /** @param host a name, or an address without brackets */
    boolean covers(String host, int port) {
        String name = host.toLowerCase(Locale.ROOT);
        Optional<InetAddress> address = address(name);
        return name.equals("localhost")
                || address.filter(InetAddress::isLoopbackAddress).isPresent()
                || rules.stream().anyMatch(rule -> rule.covers(name, String.valueOf(port), address));
    }

    private static Optional<Rule> range(String rule) {
        int slash = rule.indexOf('/');
        Optional<InetAddress> start = slash < 0 ? Optional.empty() : address(rule.substring(0, slash));
        if (start.isEmpty() || !rule.substring(slash + 1).matches("[0-9]{1,3}")) {
            return Optional.empty();
        }
        byte[] network = start.get().getAddress();
        int bits = Integer.parseInt(rule.substring(slash + 1));
        return bits > network.length * Byte.SIZE
                ? Optional.empty()
                : Optional.of((host, port, address) -> address.filter(at -> isWithin(network, bits, at.getAddress()))
                        .isPresent());
    }

    private static boolean isWithin(byte[] network, int bits, byte[] address) {
        int whole = bits / Byte.SIZE;
        int mask = 0xff00 >> bits % Byte.SIZE & 0xff;
        return address.length == network.length
                && Arrays.equals(network, 0, whole, address, 0, whole)
                && (mask == 0 || (network[whole] & mask) == (address[whole] & mask));
    }

    private static Optional<Rule> hostOrAddress(String rule) {
        Matcher parts = WITH_PORT.matcher(rule);
        boolean hasPort = parts.matches();
        String host = !hasPort ? rule : parts.group(1) != null ? parts.group(1) : parts.group(3);
        String wanted = !hasPort ? "" : parts.group(1) != null ? parts.group(2) : parts.group(4);
        Optional<InetAddress> only = address(host);
        if (only.isPresent()) {
            return Optional.of((name, port, address) -> address.equals(only) && isPort(wanted, port));
        }
        String below = host.startsWith("*.") ? host.substring(1) : host;
        if (below.isEmpty()) {
            return Optional.empty();
        }
        String suffix = below.startsWith(".") ? below : "." + below;
        return Optional.of(
                (name, port, address) -> (name.endsWith(suffix) || name.equals(below)) && isPort(wanted, port));
    }

    private static boolean isPort(String wanted, String port) {
        return wanted.isEmpty() || wanted.equals(port);
    }

    /** The address that a text is, without asking anybody. */
    private static Optional<InetAddress> address(String text) {
        if (text.indexOf(':') < 0 && !IPV4.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException aName) {
            return Optional.empty();
        }
    }
}
