package dev.slipway.dispatcher.access;

import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides which calls are let in: by the host name they were sent to, then by the token of the path they go to. */
final class Doorkeeper {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]", "::1");
    private static final String INTERNAL = "/internal/";

    private final Token internalToken;
    private final Token apiToken;
    private final Set<String> hosts = new HashSet<>(LOOPBACK);

    /** @throws IllegalArgumentException saying what to set, if a token is missing */
    Doorkeeper(AccessConfig config) {
        internalToken = required(config.internalToken(), "SLIPWAY_INTERNAL_TOKEN");
        apiToken = required(config.apiToken(), "SLIPWAY_API_TOKEN");
        config.allowedHosts().ifPresent(names -> names.forEach(name -> hosts.add(name.toLowerCase(Locale.ROOT))));
    }

    private static Token required(Optional<String> value, String variable) {
        return value.filter(v -> !v.isBlank())
                .map(Token::new)
                .orElseThrow(() -> new IllegalArgumentException(
                        "The dispatcher does not start without access tokens: set the environment variable "
                                + variable
                                + " to a long random string (slipway up does this by itself)."));
    }

    /**
     * @param host the name the call was sent to, without the port
     * @param path normalized
     * @return empty to let the call in
     */
    Optional<Refusal> check(@Nullable String host, String path, @Nullable String authorization) {
        if (host == null || !hosts.contains(host.toLowerCase(Locale.ROOT))) {
            return Optional.of(new Refusal(
                    421,
                    "This dispatcher does not answer under the host name of this call."
                            + " Call it as localhost, or have its operator add the name to SLIPWAY_ALLOWED_HOSTS."));
        }
        if (path.indexOf(';') >= 0) {
            // Routing drops matrix parameters: "/internal;x/…" would be asked for the token of another path.
            return Optional.of(Refusal.invalid("Leave out the part of the path that begins with \";\"."));
        }
        boolean internal = path.startsWith(INTERNAL);
        if (!(internal ? internalToken : apiToken).matches(authorization)) {
            return Optional.of(
                    new Refusal(
                            401,
                            internal
                                    ? "Send the internal token as \"Authorization: Bearer <token>\"; it is the SLIPWAY_INTERNAL_TOKEN of this dispatcher."
                                    : "Send the API token as \"Authorization: Bearer <token>\"; slipway up keeps it in env.json in its state directory."));
        }
        return Optional.empty();
    }
}
