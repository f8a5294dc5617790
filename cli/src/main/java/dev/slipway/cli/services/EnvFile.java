package dev.slipway.cli.services;

import dev.slipway.protocol.SecretValue;
import java.util.Map;

/** {@code env.json}: where a state directory's services are, for the command line and for scripts. */
public record EnvFile(String api, String metrics, SecretValue token, Map<ServiceName, Service> services) {
    public EnvFile {
        services = services == null ? Map.of() : Map.copyOf(services);
    }

    public record Service(long pid, String url, String log) {}
}
