package dev.slipway.executor.k8s;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Finds the configuration of a cluster's client: the one that the settings name, the Pod's own, or the one that kubectl uses. */
final class ClientConfiguration {
    private static final Path TOKEN = Path.of(Config.KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH);
    private static final String FILES = "KUBECONFIG";

    private ClientConfiguration() {}

    /**
     * @param named in the settings
     * @param host the environment of this process
     * @throws UnfitConfiguration if there is none that can be used
     */
    static Config find(Optional<Path> named, Map<String, String> host) {
        if (named.isPresent()) {
            return read(named.get());
        }
        if (Files.exists(TOKEN)) {
            System.setProperty(Config.KUBERNETES_AUTH_TRYKUBECONFIG_SYSTEM_PROPERTY, "false");
            return new ConfigBuilder().build();
        }
        String files = host.getOrDefault(FILES, "");
        List<Path> listed = Stream.of(files.split(File.pathSeparator))
                .filter(file -> !file.isBlank())
                .map(Path::of)
                .toList();
        List<Path> candidates = listed.isEmpty() ? List.of(usual(host)) : listed;
        List<Path> there = candidates.stream().filter(Files::exists).toList();
        if (there.isEmpty()) {
            throw new UnfitConfiguration(
                    "no configuration of the cluster's client was found: backend.kubernetes.kubeconfig is not set, this is no Pod with an account's token, %s: name a file that kubectl works with in backend.kubernetes.kubeconfig"
                            .formatted(
                                    listed.isEmpty()
                                            ? "KUBECONFIG is not set, and %s is not there".formatted(usual(host))
                                            : "and what KUBECONFIG names is not there: " + files));
        }
        return there.size() == 1
                ? read(there.getFirst())
                : checked(files, () -> Config.autoConfigure(null)); // which puts them together
    }

    private static Path usual(Map<String, String> host) {
        return Path.of(host.getOrDefault("HOME", "/"), ".kube", "config");
    }

    private static Config read(Path file) {
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw unfit(file.toString(), "it is not there, is no file or cannot be read");
        }
        return checked(file.toString(), () -> Config.fromKubeconfig(file.toFile()));
    }

    private static Config checked(String files, Supplier<Config> reading) {
        Config config;
        try {
            config = reading.get();
        } catch (RuntimeException e) {
            // Its own words quote what could not be read, and a client's configuration holds secrets.
            throw unfit(files, "it is no kubeconfig: compare it with kubectl config view --kubeconfig " + files);
        }
        if (config.getCurrentContext() == null) {
            throw unfit(files, "it has no current-context that it describes: kubectl config use-context sets one");
        }
        return config;
    }

    private static UnfitConfiguration unfit(String files, String reason) {
        return new UnfitConfiguration(
                "the configuration of the cluster's client (%s) cannot be used: %s: mend the file, or name another in backend.kubernetes.kubeconfig"
                        .formatted(files, reason));
    }
}
