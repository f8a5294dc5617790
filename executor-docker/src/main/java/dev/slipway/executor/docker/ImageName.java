package dev.slipway.executor.docker;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An image's name, taken apart as the engine does it. Pure.
 *
 * @param registry where it is: a host with or without a port, {@code docker.io} for Docker Hub
 * @param path in the registry, {@code library/} included where it is implied
 * @param tag absent if only a digest is named; {@code latest} if nothing is
 * @param digest with its algorithm
 */
record ImageName(String registry, String path, Optional<String> tag, Optional<String> digest) {
    static final String DOCKER_HUB = "docker.io";
    private static final String IMPLIED = "library/";
    private static final Pattern PATH =
            Pattern.compile("[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*");
    private static final Pattern REGISTRY =
            Pattern.compile("([a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?|\\[[0-9a-fA-F:]+])(:[0-9]+)?");
    private static final Pattern TAG = Pattern.compile("[\\w][\\w.-]{0,127}");
    private static final Pattern DIGEST =
            Pattern.compile("[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}");
    private static final int MAX_PATH = 255;

    /** @return empty if no image can have this name */
    static Optional<ImageName> parse(String text) {
        String rest = text;
        Optional<String> digest = Optional.empty();
        int at = rest.indexOf('@');
        if (at >= 0) {
            digest = Optional.of(rest.substring(at + 1));
            rest = rest.substring(0, at);
        }
        Optional<String> tag = Optional.empty();
        int colon = rest.lastIndexOf(':');
        if (colon > rest.lastIndexOf('/')) {
            tag = Optional.of(rest.substring(colon + 1));
            rest = rest.substring(0, colon);
        }
        if (tag.isEmpty() && digest.isEmpty()) {
            tag = Optional.of("latest");
        }
        int slash = rest.indexOf('/');
        boolean named = slash > 0 && isRegistry(rest.substring(0, slash));
        String registry = named ? rest.substring(0, slash) : DOCKER_HUB;
        String path = named ? rest.substring(slash + 1) : rest;
        if (registry.equals("index.docker.io")) {
            registry = DOCKER_HUB;
        }
        if (registry.equals(DOCKER_HUB) && path.indexOf('/') < 0) {
            path = IMPLIED + path;
        }
        boolean valid = REGISTRY.matcher(registry).matches()
                && PATH.matcher(path).matches()
                && path.length() <= MAX_PATH
                && tag.filter(word -> !TAG.matcher(word).matches()).isEmpty()
                && digest.filter(word -> !DIGEST.matcher(word).matches()).isEmpty();
        return valid ? Optional.of(new ImageName(registry, path, tag, digest)) : Optional.empty();
    }

    private static boolean isRegistry(String word) {
        return word.indexOf('.') >= 0
                || word.indexOf(':') >= 0
                || word.equals("localhost")
                || !word.equals(word.toLowerCase(Locale.ROOT));
    }

    /** As people write it: without what is implied. */
    String familiar() {
        String shown = path.startsWith(IMPLIED) && path.indexOf('/', IMPLIED.length()) < 0
                ? path.substring(IMPLIED.length())
                : path;
        return registry.equals(DOCKER_HUB) ? shown : registry + "/" + path;
    }

    ImageName withoutVersion() {
        return new ImageName(registry, path, Optional.empty(), Optional.empty());
    }

    String repository() {
        return registry + "/" + path;
    }

    /** The digest if one is named, else the tag. */
    String version() {
        return digest.or(() -> tag).orElseThrow();
    }

    /** The whole name, as the engine takes it. */
    @Override
    public String toString() {
        return familiar()
                + tag.map(word -> ":" + word).orElse("")
                + digest.map(word -> "@" + word).orElse("");
    }
}
