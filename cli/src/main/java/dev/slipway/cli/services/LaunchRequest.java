package dev.slipway.cli.services;

import dev.slipway.settings.Backend;
import dev.slipway.settings.Settings;
import java.util.Optional;
import java.util.Set;

/**
 * The services to have.
 *
 * @param settings for the services that are started now; absent: those the state directory holds already
 * @param http the port of the API
 * @param metrics where the metrics are served
 * @param besides backends whose executors are needed besides the configured one's; what an operator has started is left as it is
 */
public record LaunchRequest(
        Optional<Settings> settings,
        Optional<ControlPlane> controlPlane,
        PortWish http,
        ListenAddress metrics,
        LogLevel logLevel,
        Owner owner,
        Set<Backend> besides) {
    /** With the configured backend's executor alone. */
    public LaunchRequest(
            Optional<Settings> settings,
            Optional<ControlPlane> controlPlane,
            PortWish http,
            ListenAddress metrics,
            LogLevel logLevel,
            Owner owner) {
        this(settings, controlPlane, http, metrics, logLevel, owner, Set.of());
    }

    /** Who ends the services. */
    public enum Owner {
        /** Somebody, with {@code slipway down}. */
        OPERATOR,
        /** The last {@code slipway run} that uses them. */
        RUN
    }
}
