package dev.slipway.executor.docker;

import static dev.slipway.executor.docker.EngineConnection.JSON;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * The credentials for registries that the client of the engine keeps: in its configuration, or with helper programs. Read anew
 * for every pull, so that a login takes effect at once.
 */
final class Credentials {
    private static final Logger LOG = Logger.getLogger(Credentials.class);
    private static final String HUB_KEY = "https://index.docker.io/v1/";
    private static final Pattern HELPER = Pattern.compile("[A-Za-z0-9._-]+");

    /** The name under which helpers give a token instead of a password. */
    private static final String TOKEN = "<token>";

    private final Optional<Path> file;
    private final CredentialHelpers helpers;

    /** @param file the client's configuration, if there can be one */
    Credentials(Optional<Path> file, CredentialHelpers helpers) {
        this.file = file;
        this.helpers = helpers;
    }

    static Credentials of(Map<String, String> env) {
        return new Credentials(
                Discovery.configDirectory(env).map(directory -> directory.resolve("config.json")),
                new CredentialHelpers(env));
    }

    /** As the engine takes them with a pull; empty: none. */
    String header(String registry) throws IOException {
        String key = registry.equals(ImageName.DOCKER_HUB) ? HUB_KEY : registry;
        Optional<ObjectNode> auth = config().flatMap(config -> find(config, registry, key));
        return auth.map(json -> Base64.getUrlEncoder()
                        .encodeToString(
                                json.put("serveraddress", key).toString().getBytes(StandardCharsets.UTF_8)))
                .orElse("");
    }

    private Optional<JsonNode> config() {
        if (file.isEmpty() || !Files.exists(file.get())) {
            return Optional.empty();
        }
        try {
            return Optional.of(JSON.readTree(Files.readAllBytes(file.get())));
        } catch (IOException e) {
            // Not the message: it may quote the file.
            LOG.warnf("%s cannot be read: images are pulled without credentials", file.get());
            return Optional.empty();
        }
    }

    private Optional<ObjectNode> find(JsonNode config, String registry, String key) {
        String helper = config.path("credHelpers")
                .path(registry)
                .asText(config.path("credHelpers")
                        .path(key)
                        .asText(config.path("credsStore").asText()));
        if (!helper.isEmpty()) {
            Optional<ObjectNode> kept = helped(helper, key);
            if (kept.isPresent()) {
                return kept;
            }
        }
        return written(config.path("auths"), registry, key);
    }

    private Optional<ObjectNode> helped(String helper, String key) {
        if (!HELPER.matcher(helper).matches()) {
            LOG.warn("the docker configuration names a credential helper that is no program's name: it is left out");
            return Optional.empty();
        }
        return helpers.get("docker-credential-" + helper, key).flatMap(answer -> {
            String user = answer.path("Username").asText();
            String secret = answer.path("Secret").asText();
            if (secret.isEmpty()) {
                return Optional.empty(); // it keeps none
            }
            return Optional.of(user.equals(TOKEN) ? identity(secret) : password(user, secret));
        });
    }

    private static Optional<ObjectNode> written(JsonNode auths, String registry, String key) {
        for (Map.Entry<String, JsonNode> entry : auths.properties()) {
            if (entry.getKey().equals(key)
                    || host(entry.getKey()).equals(registry)
                    || (key.equals(HUB_KEY) && host(entry.getKey()).equals("index.docker.io"))) {
                Optional<ObjectNode> auth = decoded(entry.getValue());
                if (auth.isPresent()) {
                    return auth;
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<ObjectNode> decoded(JsonNode entry) {
        String token = entry.path("identitytoken").asText();
        if (!token.isEmpty()) {
            return Optional.of(identity(token));
        }
        String user = entry.path("username").asText();
        String password = entry.path("password").asText();
        try {
            String auth =
                    new String(Base64.getDecoder().decode(entry.path("auth").asText()), StandardCharsets.UTF_8);
            int colon = auth.indexOf(':');
            if (colon > 0) {
                user = auth.substring(0, colon);
                password = auth.substring(colon + 1).replaceFirst("\0+$", "");
            }
        } catch (IllegalArgumentException e) {
            LOG.warn("the docker configuration holds credentials that cannot be read: they are left out");
        }
        return user.isEmpty() ? Optional.empty() : Optional.of(password(user, password));
    }

    private static ObjectNode password(String user, String password) {
        return JSON.createObjectNode().put("username", user).put("password", password);
    }

    private static ObjectNode identity(String token) {
        return JSON.createObjectNode().put("identitytoken", token);
    }

    /** Of a key that may be a URL, as older clients wrote them. */
    private static String host(String key) {
        try {
            String authority = key.contains("://") ? URI.create(key).getAuthority() : key.replaceFirst("/.*", "");
            return authority == null ? key : authority;
        } catch (IllegalArgumentException e) {
            return key;
        }
    }
}
