package dev.slipway.connector;

import dev.slipway.protocol.SecretValue;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** How this process is set up; what operators configure for all services is in their settings file. */
@ConfigMapping(prefix = "slipway")
public interface ConnectorConfig {
    /** What the dispatcher knows its own services by. */
    Optional<SecretValue> internalToken();

    /** Where the dispatcher listens. */
    @WithDefault("http://127.0.0.1:8080")
    URI dispatcherUrl();

    /** The operator's settings; without one the defaults hold. */
    Optional<Path> settingsFile();

    /** The worker's name, where the settings give none. */
    Optional<String> workerId();

    /** The name of this connector at the dispatcher; the worker's if absent. */
    Optional<String> connectorId();

    /** Where the control plane takes workers. */
    @WithDefault("wss://oz.warp.dev/api/v1/selfhosted/worker/ws")
    String webSocketUrl();

    /** Told to every agent; may be empty. */
    Optional<String> serverRootUrl();

    /** Told to every agent, if given. */
    Optional<String> sessionSharingServerUrl();

    Link controlPlane();

    /** The time limits of the connection to the control plane; those of the control plane's contract unless changed. */
    interface Link {
        /** Between two pings. */
        @WithDefault("30s")
        Duration pingInterval();

        /** Without data or a pong for so long, the connection is given up. */
        @WithDefault("60s")
        Duration deadAfter();

        /** For writing one message. */
        @WithDefault("10s")
        Duration writeTimeout();

        /** For a dial as a whole. */
        @WithDefault("45s")
        Duration handshakeTimeout();

        /** Without an answer of the dispatcher for so long, the connection is closed. */
        @WithDefault("30s")
        Duration dispatcherAway();
    }
}
