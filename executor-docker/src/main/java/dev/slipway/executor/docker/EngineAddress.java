package dev.slipway.executor.docker;

import java.net.URI;
import java.util.Optional;

/**
 * Where the engine is.
 *
 * @param uri {@code unix:///path} or {@code tcp://host:port}
 * @param version of its API, which every call then names; empty: the engine's own
 * @param from how it was found, in words
 */
record EngineAddress(URI uri, Optional<Tls> tls, String version, String from) {}
