package dev.slipway.connector.egress;

import dev.slipway.protocol.SecretValue;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * The way from here to one server.
 *
 * @param trust absent if the JDK's own certificates are trusted
 */
public record Route(Optional<ProxyAddress> proxy, Optional<SSLContext> trust) {
    /** The JDK offers no user and password to a proxy that forwards TLS unless this property, read once, is empty. */
    private static final String DISABLED_SCHEMES = "jdk.http.auth.tunneling.disabledSchemes";

    /** To be called before anything uses the JDK's HTTP client. */
    public static void allowProxyPasswords() {
        System.setProperty(DISABLED_SCHEMES, "");
    }

    /**
     * @param server a {@code ws://} or {@code wss://} URL
     * @throws EgressFault if the surroundings are not usable for this server
     */
    public static Route to(URI server, Surroundings surroundings) throws EgressFault {
        boolean secure = server.getScheme().toLowerCase(Locale.ROOT).equals("wss");
        int port = server.getPort() >= 0 ? server.getPort() : secure ? 443 : 80;
        String host = server.getHost().replaceAll("[\\[\\]]", "");
        Optional<SecretValue> proxy = (secure ? surroundings.httpsProxy() : surroundings.httpProxy())
                .filter(url -> !url.reveal().isBlank());
        boolean direct = proxy.isEmpty()
                || DirectHosts.parse(surroundings.noProxy().orElse("")).covers(host, port);
        return new Route(
                direct
                        ? Optional.empty()
                        : Optional.of(ProxyAddress.parse(secure ? "HTTPS_PROXY" : "HTTP_PROXY", proxy.get())),
                secure ? TrustedRoots.load(surroundings.certFile(), surroundings.certDirectories()) : Optional.empty());
    }

    /** Has the client take this way. */
    public HttpClient.Builder applyTo(HttpClient.Builder client) {
        client.proxy(proxy.map(address -> ProxySelector.of(
                        // looked up at each dial
                        InetSocketAddress.createUnresolved(address.host(), address.port())))
                .orElse(HttpClient.Builder.NO_PROXY));
        trust.ifPresent(client::sslContext);
        return client;
    }
}
