package dev.slipway.executor.docker;

import dev.slipway.executor.core.Backend;
import dev.slipway.executor.core.Identity;
import dev.slipway.protocol.SecretValue;
import dev.slipway.settings.Docker;
import dev.slipway.settings.EnvironmentEntry;
import dev.slipway.settings.Settings;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;

/** Gives executor-core the backend for containers, as the operator's settings want it. */
@Singleton
final class DockerWiring {
    @Produces
    @Singleton
    Backend backend(Identity identity, Settings settings, Clock clock) {
        Map<String, String> host = System.getenv();
        return new DockerBackend(
                identity.id(),
                settings.maxConcurrentTasks(),
                config(settings, host),
                new Discovery(host),
                clock,
                Engine.Patience.USUAL);
    }

    void close(@Disposes Backend backend) throws IOException {
        if (backend instanceof DockerBackend docker) {
            docker.close();
        }
    }

    static DockerConfig config(Settings settings, Map<String, String> host) {
        Docker docker = settings.dockerOrDefaults();
        Map<String, SecretValue> environment = new LinkedHashMap<>();
        EnvironmentEntry.resolve(docker.environment(), host::get)
                .forEach((name, value) -> environment.put(name, SecretValue.of(value.reveal())));
        return new DockerConfig(
                docker.volumes(),
                environment,
                settings.cleanup(),
                settings.slipway().docker(),
                host);
    }
}
