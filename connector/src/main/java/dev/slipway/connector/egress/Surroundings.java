package dev.slipway.connector.egress;

import dev.slipway.protocol.SecretValue;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

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
        Optional<String> certDirectories) {
    /**
     * What the variables say that other programs read as well. Of the two spellings of a proxy's, the first counts that is
     * not empty.
     *
     * @param variable the value of the variable with that name; absent also if it is empty
     */
    public static Surroundings of(Function<String, Optional<SecretValue>> variable) {
        return new Surroundings(
                variable.apply("HTTPS_PROXY").or(() -> variable.apply("https_proxy")),
                variable.apply("HTTP_PROXY").or(() -> variable.apply("http_proxy")),
                variable.apply("NO_PROXY").or(() -> variable.apply("no_proxy")).map(SecretValue::reveal),
                variable.apply("SSL_CERT_FILE").map(SecretValue::reveal).map(Path::of),
                variable.apply("SSL_CERT_DIR").map(SecretValue::reveal));
    }
}
