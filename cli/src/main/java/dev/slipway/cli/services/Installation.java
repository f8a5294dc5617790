package dev.slipway.cli.services;

import dev.slipway.cli.CliFailure;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Where the services' programs are, and how they are started.
 *
 * @param root the directory of the project
 */
public record Installation(Path root) {

    /** The one this program is part of. */
    public static Installation own() {
        try {
            var jar = Path.of(Installation.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return new Installation(jar.resolve("../../..").normalize());
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the place of this program is not a path", e);
        }
    }

    /** A command that runs the service in a session of its own, so that no terminal takes it down. Holds no secret. */
    List<String> command(ServiceName service, Map<String, String> environment) {
        var jar = root.resolve(service.wireName()).resolve("target/quarkus-app/quarkus-run.jar");
        if (!Files.isRegularFile(jar)) {
            throw new CliFailure("%s is missing: start Slipway with ./slipway, which builds it".formatted(jar));
        }
        return List.of(
                setsid(environment),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx%dm".formatted(service.heapMegabytes()),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-jar",
                jar.toString());
    }

    private static String setsid(Map<String, String> environment) {
        return SearchPath.find("setsid", environment)
                .map(Path::toString)
                .orElseThrow(() -> new CliFailure(
                        "the program 'setsid' is not on PATH: install it (Debian: apt-get install util-linux)"));
    }
}
