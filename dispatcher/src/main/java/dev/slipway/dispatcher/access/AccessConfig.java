package dev.slipway.dispatcher.access;

import io.smallrye.config.ConfigMapping;
import java.util.Optional;
import java.util.Set;

/** Who may call the dispatcher. */
@ConfigMapping(prefix = "slipway")
public interface AccessConfig {
    /** The token of connector and executors for {@code /internal/v1}; required, because they are given tasks' secrets. */
    Optional<String> internalToken();

    /** The token of people and CI for everything else; required, also on loopback, because whoever has it runs commands here. */
    Optional<String> apiToken();

    /**
     * Host names, without ports, under which the dispatcher is called, besides those of loopback. A call under any other name
     * is refused: otherwise a web page could reach it through a name of its own that resolves to this host.
     */
    Optional<Set<String>> allowedHosts();
}
