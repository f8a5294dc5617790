package dev.slipway.cli.services;

import dev.slipway.settings.Settings;
import java.util.Optional;

/**
 * The services to have.
 *
 * @param settings for the services that are started now; absent: those the state directory holds already
 * @param http the port of the API
 * @param metrics where the metrics are served
 */
public record LaunchRequest(
        Optional<Settings> settings,
        Optional<ControlPlane> controlPlane,
        PortWish http,
        ListenAddress metrics,
        LogLevel logLevel,
        Owner owner) {
    /** Who ends the services. */
    public enum Owner {
        /** Somebody, with {@code slipway down}. */
        OPERATOR,
        /** The last {@code slipway run} that uses them. */
        RUN
    }
}
