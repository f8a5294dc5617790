package dev.slipway.connector.egress;

import dev.slipway.protocol.SecretValue;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A proxy.
 *
 * @param authorization the header's value with which it is asked, if its URL names a user
 */
public record ProxyAddress(String host, int port, Optional<SecretValue> authorization) {
    private static final Pattern URL =
            Pattern.compile("(?:(?<scheme>[a-zA-Z][a-zA-Z0-9+.-]*)://)?(?:(?<user>[^@/?#]*)@)?"
                    + "(?<host>\\[[0-9a-fA-F:.]+\\]|[^@:/?#\\[\\]\\s]+)(?::(?<port>[0-9]{1,5}))?(?:[/?#].*)?");
    private static final int HTTP_PORT = 80;
    private static final int MAX_PORT = 65_535;

    /**
     * @param variable where the URL was found
     * @throws EgressFault if no proxy can be reached by it
     */
    static ProxyAddress parse(String variable, SecretValue url) throws EgressFault {
        Matcher parts = URL.matcher(url.reveal().strip());
        if (!parts.matches()) {
            throw unusable(variable);
        }
        String scheme = parts.group("scheme");
        if (scheme != null && !scheme.toLowerCase(Locale.ROOT).equals("http")) {
            throw new EgressFault(variable + " names a proxy of the kind " + scheme
                    + "://, and only http:// is supported: name an HTTP proxy (it forwards TLS connections as well)");
        }
        int port = parts.group("port") == null ? HTTP_PORT : Integer.parseInt(parts.group("port"));
        if (port < 1 || port > MAX_PORT) {
            throw unusable(variable);
        }
        String user = parts.group("user");
        return new ProxyAddress(
                parts.group("host").replaceAll("[\\[\\]]", ""),
                port,
                user == null ? Optional.empty() : Optional.of(basic(variable, user)));
    }

    private static SecretValue basic(String variable, String user) throws EgressFault {
        String[] nameAndPassword = user.split(":", 2);
        String credentials = decoded(variable, nameAndPassword[0]) + ":"
                + (nameAndPassword.length == 2 ? decoded(variable, nameAndPassword[1]) : "");
        return SecretValue.of(
                "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)));
    }

    private static String decoded(String variable, String encoded) throws EgressFault {
        try {
            return URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException broken) {
            throw unusable(variable);
        }
    }

    private static EgressFault unusable(String variable) {
        return new EgressFault(
                variable + " is not the URL of a proxy, such as http://proxy.example:3128 or"
                        + " http://user:password@proxy.example:3128 (with @, : and / in the password written as %40, %3A, %2F)");
    }

    /** For people. */
    public String shown() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
}
