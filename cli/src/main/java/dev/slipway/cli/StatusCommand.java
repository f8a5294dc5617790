package dev.slipway.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.slipway.cli.services.EnvFile;
import dev.slipway.cli.services.Services;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "status",
        description = "Shows the services and whether they are ready.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:all services are ready", "1:some are not", "3:none runs"})
final class StatusCommand implements Callable<Integer> {
    private static final int NOT_ALL = 1;
    private static final int NONE = 3;

    @Mixin
    private StateDirOption services;

    @Mixin
    private OutputOption output;

    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    record Report(String stateDir, String api, String metrics, Map<String, Service> services) {}

    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    record Service(long pid, String url, String log, boolean alive, boolean ready, Optional<String> reason) {}

    @Override
    public Integer call() {
        var dir = services.stateDir();
        var states = services.services().status();
        var env = dir.envFile();
        var report = new LinkedHashMap<String, Service>();
        states.forEach(state ->
                state.process().ifPresent(process -> report.put(state.service().wireName(), describe(state, process))));
        output.print(
                new Report(
                        dir.path().toString(),
                        env.map(EnvFile::api).orElse(""),
                        env.map(EnvFile::metrics).orElse(""),
                        report),
                states.isEmpty() ? "no services run in " + dir.path() : table(report, env));
        if (states.stream().noneMatch(Services.Status::alive)) {
            return NONE;
        }
        return states.stream().allMatch(Services.Status::ready) ? 0 : NOT_ALL;
    }

    private static Service describe(Services.Status state, EnvFile.Service process) {
        return new Service(process.pid(), process.url(), process.log(), state.alive(), state.ready(), state.obstacle());
    }

    private static String table(Map<String, Service> services, Optional<EnvFile> env) {
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("SERVICE", "STATE", "PID", "URL", "LOG"));
        services.forEach((name, service) -> rows.add(List.of(
                name,
                service.ready() ? "ready" : service.alive() ? "not ready" : "dead",
                String.valueOf(service.pid()),
                service.url(),
                service.log())));
        var text = new StringBuilder(TaskText.columns(rows));
        services.forEach((name, service) -> service.reason()
                .ifPresent(reason -> text.append("\n%s: %s".formatted(name, TaskText.visible(reason)))));
        env.ifPresent(file -> text.append("\nAPI %s, metrics %s".formatted(file.api(), file.metrics())));
        return text.toString();
    }
}
