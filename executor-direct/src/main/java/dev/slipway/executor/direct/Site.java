package dev.slipway.executor.direct;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a run takes place.
 *
 * @param directory in which all its steps run
 * @param gitConfig the user's Git configuration as the run sees it; absent: the host's own
 * @param removed whether the directory goes when the run has ended
 */
record Site(String taskId, Path directory, Optional<Path> gitConfig, boolean removed) {}
