package dev.slipway.settings;

/** The settings of the one backend that is configured. */
public sealed interface BackendSettings permits Direct {
    Backend kind();
}
