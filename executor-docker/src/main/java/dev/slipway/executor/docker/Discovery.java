package dev.slipway.executor.docker;

import static dev.slipway.executor.docker.EngineConnection.JSON;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.executor.core.PreflightFailure;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds the engine, as the engine's own client does: DOCKER_HOST, else a socket that exists at a usual place, else the context
 * that DOCKER_CONTEXT or the client's configuration names.
 */
final class Discovery {
    private static final String DEFAULT_CONTEXT = "default";
    private static final int TLS_PORT = 2376;
    private static final int PLAIN_PORT = 2375;
    private static final String UNIX = "unix://";
    private static final Pattern VERSION = Pattern.compile("(\\d{1,3}\\.\\d{1,3})?");
    private static final Set<String> SCHEMES = Set.of("unix", "tcp", "http", "https");

    private final Map<String, String> env;
    private final List<Path> sockets;

    /** @param env the executor's own environment */
    Discovery(Map<String, String> env) {
        this(
                env,
                Stream.concat(
                                Stream.of(Path.of("/var/run/docker.sock")),
                                home(env).map(home -> home.resolve(".docker/run/docker.sock")).stream())
                        .toList());
    }

    /** @param sockets the usual places, in this order */
    Discovery(Map<String, String> env, List<Path> sockets) {
        this.env = env;
        this.sockets = sockets;
    }

    EngineAddress find() throws PreflightFailure {
        String version = given("DOCKER_API_VERSION").orElse("").replaceFirst("^v", "");
        if (!VERSION.matcher(version).matches()) {
            throw new PreflightFailure(
                    "DOCKER_API_VERSION is no version: '%s'; it is one such as 1.41, or not set".formatted(version));
        }
        Optional<String> host = given("DOCKER_HOST");
        if (host.isPresent()) {
            return new EngineAddress(
                    uri(host.get(), "DOCKER_HOST", tlsOfEnvironment().isPresent()),
                    tlsOfEnvironment(),
                    version,
                    "DOCKER_HOST");
        }
        Optional<Path> socket = sockets.stream().filter(Files::exists).findFirst();
        if (socket.isPresent()) {
            return new EngineAddress(unix(socket.get().toString()), Optional.empty(), version, "the usual socket");
        }
        Optional<String> context = given("DOCKER_CONTEXT")
                .or(() -> config().map(json -> json.path("currentContext").asText()));
        if (context.filter(name -> !name.isEmpty() && !name.equals(DEFAULT_CONTEXT))
                .isPresent()) {
            return ofContext(context.get(), version);
        }
        throw new PreflightFailure(
                "no Docker engine was found (no DOCKER_HOST, no %s, no context): install Docker and start it, or set DOCKER_HOST"
                        .formatted(String.join(
                                ", no ", sockets.stream().map(Path::toString).toList())));
    }

    /** Where the client of the engine keeps its configuration; absent without a home. */
    static Optional<Path> configDirectory(Map<String, String> env) {
        return Optional.ofNullable(env.get("DOCKER_CONFIG"))
                .filter(directory -> !directory.isEmpty())
                .map(Path::of)
                .or(() -> home(env).map(home -> home.resolve(".docker")));
    }

    private EngineAddress ofContext(String name, String version) throws PreflightFailure {
        Path directory = configDirectory(env)
                .orElseThrow(() -> new PreflightFailure(
                        "the docker context '%s' cannot be read: neither DOCKER_CONFIG nor HOME is set"
                                .formatted(name)));
        String id = sha256(name);
        JsonNode endpoint = read(directory.resolve("contexts/meta").resolve(id).resolve("meta.json"))
                .map(meta -> meta.path("Endpoints").path("docker"))
                .orElseThrow(() -> new PreflightFailure(
                        "the docker context '%s' does not exist in %s: create it (docker context create), or set DOCKER_HOST"
                                .formatted(name, directory)));
        Path files = directory.resolve("contexts/tls").resolve(id).resolve("docker");
        boolean hasFiles = Files.isDirectory(files);
        boolean skips = endpoint.path("SkipTLSVerify").asBoolean();
        return new EngineAddress(
                uri(endpoint.path("Host").asText(), "the docker context '" + name + "'", hasFiles || skips),
                hasFiles || skips ? Optional.of(new Tls(files, !skips)) : Optional.empty(),
                version,
                "the docker context '" + name + "'");
    }

    /** DOCKER_CERT_PATH or DOCKER_TLS_VERIFY turns it on; only a DOCKER_TLS_VERIFY that is not empty has the engine verified. */
    private Optional<Tls> tlsOfEnvironment() {
        boolean verifies = given("DOCKER_TLS_VERIFY").isPresent();
        Optional<Path> directory =
                given("DOCKER_CERT_PATH").map(Path::of).or(() -> verifies ? configDirectory(env) : Optional.empty());
        return directory.map(path -> new Tls(path, verifies));
    }

    private static URI uri(String text, String from, boolean tls) throws PreflightFailure {
        try {
            URI uri = text.startsWith(UNIX) ? unix(text.substring(UNIX.length())) : URI.create(text);
            if (uri.getScheme() == null || !SCHEMES.contains(uri.getScheme())) {
                throw new PreflightFailure(
                        "%s names an engine at '%s', which cannot be reached from here: use unix://, tcp:// or https:// (for ssh://, forward the socket: ssh -L)"
                                .formatted(from, text));
            }
            boolean needsPort = !uri.getScheme().equals("unix") && uri.getPort() < 0;
            return needsPort ? URI.create(text.replaceFirst("/+$", "") + ":" + (tls ? TLS_PORT : PLAIN_PORT)) : uri;
        } catch (IllegalArgumentException e) {
            throw new PreflightFailure("%s is no address: '%s'".formatted(from, text));
        }
    }

    /** A path may hold what an address must not, such as a space. */
    private static URI unix(String path) {
        try {
            return new URI("unix", "", path, null, null);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private Optional<JsonNode> config() {
        return configDirectory(env).flatMap(directory -> read(directory.resolve("config.json")));
    }

    private static Optional<JsonNode> read(Path file) {
        try {
            return Optional.of(JSON.readTree(Files.readAllBytes(file)));
        } catch (IOException e) {
            return Optional.empty(); // what is wrong with it is told where credentials are read
        }
    }

    private Optional<String> given(String name) {
        return Optional.ofNullable(env.get(name)).filter(value -> !value.isEmpty());
    }

    private static Optional<Path> home(Map<String, String> env) {
        return Optional.ofNullable(env.get("HOME"))
                .filter(home -> !home.isEmpty())
                .map(Path::of);
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
