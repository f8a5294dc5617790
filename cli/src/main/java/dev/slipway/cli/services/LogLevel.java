package dev.slipway.cli.services;

import java.util.Locale;
import java.util.Map;

/** How much the services log. */
public enum LogLevel {
    DEBUG,
    INFO,
    WARN,
    ERROR;

    /** The service configuration that sets it. Debug is for Slipway's own classes: libraries would print whole requests. */
    Map<String, String> environment() {
        return this == DEBUG
                ? Map.of("QUARKUS_LOG_CATEGORY__DEV_SLIPWAY__LEVEL", "DEBUG")
                : Map.of("QUARKUS_LOG_LEVEL", name());
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
