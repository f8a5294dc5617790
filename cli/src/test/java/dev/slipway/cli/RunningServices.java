package dev.slipway.cli;

import dev.slipway.cli.api.StubApi;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** What a state directory says of services that run. */
final class RunningServices {
    private RunningServices() {}

    /** @param process of both services */
    static void pretend(TestHost host, StubApi api, ProcessHandle process) throws IOException {
        Files.createDirectories(host.stateDir().resolve("logs"));
        var bootId =
                Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
        var stat = Files.readString(Path.of("/proc/%d/stat".formatted(process.pid())));
        var ticks = stat.substring(stat.lastIndexOf(") ")).split(" ", -1)[20];
        var mark = Map.of("pid", process.pid(), "start", bootId + " " + ticks);
        Json.MAPPER.writeValue(
                host.stateDir().resolve("launch.json").toFile(),
                Map.of(
                        "apiToken",
                        StubApi.TOKEN,
                        "internalToken",
                        "internal",
                        "ports",
                        Map.of("dispatcher", api.port(), "executor-direct", api.port()),
                        "metrics",
                        Map.of("host", "127.0.0.1", "port", api.port()),
                        "processes",
                        Map.of("dispatcher", mark, "executor-direct", mark),
                        "owner",
                        "OPERATOR",
                        "logLevel",
                        "INFO"));
        Json.MAPPER.writeValue(
                host.stateDir().resolve("env.json").toFile(),
                Map.of(
                        "api",
                        "http://127.0.0.1:" + api.port(),
                        "metrics",
                        "http://127.0.0.1:%d/metrics".formatted(api.port()),
                        "token",
                        StubApi.TOKEN,
                        "services",
                        Map.of("dispatcher", Map.of("pid", 1, "url", "http://d", "log", "d.log"))));
        Files.writeString(host.stateDir().resolve("settings.yaml"), "{}");
    }
}
