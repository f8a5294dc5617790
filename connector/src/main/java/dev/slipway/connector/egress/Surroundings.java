package dev.slipway.connector.egress;

import dev.slipway.protocol.SecretValue;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What the environment says about the way out.
 *
 * @param httpsProxy the proxy towards servers with TLS; a user and a password may be part of it
 * @param httpProxy the proxy towards servers without
 * @param noProxy the servers that are reached directly, see {@link DirectHosts}
 * @param certFile trusted certificates, in place of the system's file of them
 * @param certDirectories directories of trusted certificates, separated by colons
 */
public record Surroundings(
        Optional<SecretValue> httpsProxy,
        Optional<SecretValue> httpProxy,
        Optional<String> noProxy,
        Optional<Path> certFile,
        Optional<String> certDirectories) {}
