package dev.slipway.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** The kinds of engine that executors serve. */
public enum BackendKind {
    DIRECT(false),
    DOCKER(true),
    KUBERNETES(true);

    private final boolean runsImages;

    BackendKind(boolean runsImages) {
        this.runsImages = runsImages;
    }

    /** Whether tasks run in container images there; where not, a command that names an image is not routed to it. */
    public boolean runsImages() {
        return runsImages;
    }

    @JsonValue
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException if no backend has that name */
    @JsonCreator
    public static BackendKind ofWireName(String wireName) {
        return valueOf(wireName.toUpperCase(Locale.ROOT));
    }
}
