package dev.slipway.executor.docker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.executor.core.Progress;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Cause;
import dev.slipway.settings.DockerRules.PullPolicy;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Sees to it that the engine has the images that tasks and sidecars need. All tasks that want one at the same time wait for one
 * pull; so do all that want it as a sidecar, which is pulled without credentials.
 */
final class Images {
    private final Engine engine;
    private final DockerConfig config;
    private final String platform;
    private final Credentials credentials;
    private final Map<String, Pull> pulls = new ConcurrentHashMap<>();

    /** @param platform the engine's */
    Images(Engine engine, DockerConfig config, String platform) {
        this.engine = engine;
        this.config = config;
        this.platform = platform;
        this.credentials = Credentials.of(config.host());
    }

    /** @return the image's id */
    String ofTask(String name, Progress progress) throws StartFailure, IOException {
        return provide(name, true, progress).path("Id").asText();
    }

    /**
     * Without credentials.
     *
     * @return the image as the engine shows it
     */
    JsonNode ofSidecar(String name, Progress progress) throws StartFailure, IOException {
        return provide(name, false, progress);
    }

    private JsonNode provide(String text, boolean withCredentials, Progress progress) throws StartFailure, IOException {
        ImageName name = ImageName.parse(text)
                .orElseThrow(() -> new StartFailure(
                        Cause.IMAGE_UNFIT, "'%s' is no image's name".formatted(EngineWords.shown(text))));
        if (!isAllowed(name)) {
            throw new StartFailure(
                    Cause.IMAGE_FORBIDDEN, "the image %s is none of slipway.docker.allowed_images".formatted(name));
        }
        Optional<JsonNode> present = needsLook(name) ? engine.image(name.toString()) : Optional.empty();
        if (present.isEmpty()) {
            if (config.rules().pullPolicy() == PullPolicy.NEVER) {
                throw new StartFailure(
                        Cause.IMAGE_ABSENT,
                        "the engine does not have the image %s, and slipway.docker.pull_policy is never"
                                .formatted(name));
            }
            pull(name, withCredentials, progress);
            present = engine.image(name.toString());
        }
        JsonNode image = present.orElseThrow(() -> new StartFailure(
                Cause.IMAGE_PULL_FAILED, "the image %s was removed right after its pull".formatted(name)));
        checkPlatform(name, image);
        return image;
    }

    /** A name with a digest always means the same image. */
    private boolean needsLook(ImageName name) {
        return config.rules().pullPolicy() != PullPolicy.ALWAYS || name.digest().isPresent();
    }

    private void pull(ImageName name, boolean withCredentials, Progress progress) throws StartFailure, IOException {
        String key = withCredentials + " " + name;
        while (true) {
            Pull pull = pulls.computeIfAbsent(
                    key,
                    _ -> new Pull(
                            engine,
                            name,
                            platform,
                            withCredentials
                                    ? credentials
                                    : new Credentials(Optional.empty(), new CredentialHelpers(Map.of())),
                            config.rules().pullStall()));
            if (!pull.join()) {
                pulls.remove(key, pull); // it is over: this task wants one that began after it
                continue;
            }
            try {
                pull.await(progress);
                return;
            } finally {
                if (pull.leave()) {
                    pulls.remove(key, pull);
                }
            }
        }
    }

    private void checkPlatform(ImageName name, JsonNode image) throws StartFailure {
        String made =
                image.path("Os").asText() + "/" + image.path("Architecture").asText();
        if (!made.equals(platform)) {
            throw new StartFailure(
                    Cause.IMAGE_PLATFORM,
                    "the image %s is for %s, and the engine runs on %s".formatted(name, made, platform));
        }
    }

    private boolean isAllowed(ImageName name) {
        return config.rules()
                .allowedImages()
                .map(allowed -> allowed.stream()
                        .map(Images::pattern)
                        .anyMatch(pattern -> Stream.of(name.toString(), name.familiar(), name.repository())
                                .anyMatch(form -> pattern.matcher(form).matches())))
                .orElse(true);
    }

    private static Pattern pattern(String allowed) {
        return Pattern.compile(
                Stream.of(allowed.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")));
    }
}
