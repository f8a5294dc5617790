package dev.slipway.executor.docker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.executor.core.PreflightFailure;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Whether tasks can run at an engine. */
final class Preflight {
    private static final Duration PING = Duration.ofSeconds(5);
    private static final Set<String> PLATFORMS = Set.of("linux/amd64", "linux/arm64");

    private final Engine engine;
    private final DockerConfig config;
    private String platform = "";
    private String version = "";

    Preflight(Engine engine, DockerConfig config) {
        this.engine = engine;
        this.config = config;
    }

    /** @return remarks for the operator */
    List<String> check() throws PreflightFailure {
        MountRules mounts = new MountRules(config.rules().allowedMounts());
        for (String volume : config.volumes()) {
            String fault = mounts.fault(volume);
            if (!fault.isEmpty()) {
                throw new PreflightFailure(fault);
            }
        }
        try {
            engine.ping(PING);
            JsonNode told = engine.version();
            platform = platform(told);
            version = told.path("Version").asText();
            if (!PLATFORMS.contains(platform)) {
                throw new PreflightFailure(
                        "the Docker engine at %s runs on %s: Slipway needs one on linux/amd64 or linux/arm64"
                                .formatted(engine.address().uri(), platform));
            }
            return remarks(engine.info());
        } catch (IOException e) {
            String words = String.valueOf(e.getMessage());
            throw new PreflightFailure("%s; it was found by %s: %s"
                    .formatted(words, engine.address().from(), remedy(engine.address(), words)));
        }
    }

    /** @param words of the call that failed */
    static String remedy(EngineAddress address, String words) {
        String certificates =
                address.tls().map(tls -> tls.directory().toString()).orElse("");
        if (words.contains("client version")) {
            return "set DOCKER_API_VERSION to one that the engine has, or unset it: the engine then takes its own";
        }
        if (words.contains("HTTP request to an HTTPS server")) {
            return "the engine wants TLS: set DOCKER_CERT_PATH and DOCKER_TLS_VERIFY, or name a context with certificates";
        }
        if (words.contains("valid certification path")) {
            return "the engine's certificate is not signed by an authority of %s/ca.pem".formatted(certificates);
        }
        if (words.contains("unrecognized SSL message")) {
            return "the engine does not speak TLS: unset DOCKER_CERT_PATH and DOCKER_TLS_VERIFY";
        }
        if (address.tls().isPresent()) { // one that does not accept it may just close the connection
            return "start it, correct the address, or see that it accepts the certificate %s/cert.pem with its key.pem"
                    .formatted(certificates);
        }
        return address.uri().getScheme().equals("unix")
                ? "start it, or let the executor's user use its socket (group docker)"
                : "start it, or correct the address";
    }

    /** Of the engine, as images name theirs; known once it is checked. */
    String platform() {
        return platform;
    }

    /** In words; once it is checked. */
    String engine() {
        return "Docker engine %s on %s at %s, found by %s"
                .formatted(
                        version,
                        platform,
                        engine.address().uri(),
                        engine.address().from());
    }

    private static String platform(JsonNode told) {
        return told.path("Os").asText() + "/" + told.path("Arch").asText();
    }

    private List<String> remarks(JsonNode info) throws PreflightFailure {
        boolean hasLogs = false;
        for (JsonNode driver : info.path("Plugins").path("Log")) {
            hasLogs |= driver.asText().equals("local");
        }
        if (!hasLogs) {
            throw new PreflightFailure(
                    "the Docker engine at %s has no log driver 'local' (Docker 18.09 and later have it): update it"
                            .formatted(engine.address().uri()));
        }
        List<String> remarks = new ArrayList<>();
        if (!info.path("LiveRestoreEnabled").asBoolean()) {
            remarks.add(
                    "a restart of the Docker engine ends its tasks: to let them run on, set \"live-restore\": true in its daemon.json");
        }
        if (!info.path("MemoryLimit").asBoolean(true) || !info.path("PidsLimit").asBoolean(true)) {
            remarks.add(
                    "the Docker engine cannot limit memory or processes here: shapes and slipway.docker.pids_limit do nothing");
        }
        return remarks;
    }
}
