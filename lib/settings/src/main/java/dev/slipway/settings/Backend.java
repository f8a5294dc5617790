package dev.slipway.settings;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The backends that operators can choose. */
public enum Backend {
    DOCKER,
    DIRECT,
    KUBERNETES;

    /** Its name in the file and in flags, for example {@code direct}. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<Backend> ofWireName(String name) {
        return Arrays.stream(values())
                .filter(backend -> backend.wireName().equals(name))
                .findFirst();
    }
}
