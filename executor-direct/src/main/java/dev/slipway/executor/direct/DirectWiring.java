package dev.slipway.executor.direct;

import dev.slipway.executor.core.Backend;
import dev.slipway.executor.core.Identity;
import dev.slipway.protocol.SecretValue;
import dev.slipway.settings.Direct;
import dev.slipway.settings.EnvironmentEntry;
import dev.slipway.settings.Settings;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Gives executor-core the backend for host processes, as the operator's settings want it. */
@Singleton
final class DirectWiring {
    @Produces
    @Singleton
    Backend backend(
            Identity identity, Settings settings, @ConfigProperty(name = "slipway.state-dir") Path stateDirectory) {
        return new DirectBackend(identity.id(), config(settings, stateDirectory, System.getenv()));
    }

    void close(@Disposes Backend backend) throws IOException {
        if (backend instanceof DirectBackend direct) {
            direct.close();
        }
    }

    static DirectConfig config(Settings settings, Path stateDirectory, Map<String, String> host) {
        Direct direct = settings.directOrDefaults();
        Map<String, SecretValue> environment = new LinkedHashMap<>();
        EnvironmentEntry.resolve(direct.environment(), host::get)
                .forEach((name, value) -> environment.put(name, SecretValue.of(value.reveal())));
        Map<String, SecretValue> own = new LinkedHashMap<>();
        host.forEach((name, value) -> own.put(name, SecretValue.of(value)));
        return new DirectConfig(
                direct.workspaceRoot(),
                direct.targetDir(),
                stateDirectory.resolve("direct"),
                direct.ozPath(),
                new DirectConfig.Commands(
                        direct.setupCommand(),
                        settings.slipway().setupTimeout(),
                        direct.teardownCommand(),
                        settings.slipway().exposeApiKey()),
                environment,
                settings.cleanup(),
                own);
    }
}
