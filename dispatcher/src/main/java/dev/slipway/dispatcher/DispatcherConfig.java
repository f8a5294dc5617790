package dev.slipway.dispatcher;

import io.smallrye.config.ConfigMapping;
import java.nio.file.Path;
import java.util.Optional;

/** Where the dispatcher finds its things. */
@ConfigMapping(prefix = "slipway")
interface DispatcherConfig {
    /** The directory of {@code ledger.db} and {@code logs.db}; made with mode 0700 when missing. One dispatcher at a time may use it. */
    Path stateDir();

    /** The operator's settings; without it the defaults hold. */
    Optional<Path> settingsFile();
}
