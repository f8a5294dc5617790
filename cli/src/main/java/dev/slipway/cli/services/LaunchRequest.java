package dev.slipway.cli.services;

import dev.slipway.settings.Settings;
import java.util.Optional;

/**
 * The services to have.
 *
 * @param settings for the services that are started now; absent: those the state directory holds already
 * @param httpPort of the API; 0: any free one
 * @param metrics where the metrics are served
 */
public record LaunchRequest(
        Optional<Settings> settings,
        Optional<ControlPlane> controlPlane,
        int httpPort,
        ListenAddress metrics,
        LogLevel logLevel,
        Owner owner) {
    public static final int DEFAULT_HTTP_PORT = 8080;

    /** Who ends the services. */
    public enum Owner {
        /** Somebody, with {@code slipway down}. */
        OPERATOR,
        /** The last {@code slipway run} that uses them. */
        RUN
    }
}
