package dev.slipway.executor.docker;

import static dev.slipway.executor.docker.EngineConnection.JSON;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.protocol.Container;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.settings.DockerRules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What the engine is asked to make of a task. Pure.
 *
 * @param image its id or name
 * @param sidecars as {@code volume:path:mode}, before the operator's volumes
 * @param labels of the container
 */
record ContainerSpec(
        TaskSpec task, String image, List<String> sidecars, Map<String, String> labels, DockerConfig config) {
    static final String AGENT = Container.AGENT_PATH + "/entrypoint.sh";
    static final String WORKSPACE = "/workspace";

    private static final double NANO_CPUS = 1e9;
    private static final double GIBIBYTE = 1L << 30;
    private static final int LOG_FILES = 5;
    private static final long KILOBYTES = 1_000;

    JsonNode body() {
        ObjectNode body = JSON.createObjectNode();
        body.put("Image", image);
        body.set("Cmd", JSON.valueToTree(command()));
        body.put("WorkingDir", task.workdir().orElse(WORKSPACE));
        body.set("Env", JSON.valueToTree(environment()));
        body.set("Labels", JSON.valueToTree(labels));
        body.put("AttachStdout", false).put("AttachStderr", false);
        body.set("HostConfig", host());
        return body;
    }

    /** What ran, for messages. */
    static String program(TaskSpec task) {
        return task.program() instanceof Program.Agent ? "the agent" : "the command";
    }

    private List<String> command() {
        return switch (task.program()) {
            case Program.Agent agent ->
                Stream.concat(Stream.of(AGENT), agent.args().stream()).toList();
            case Program.Command command -> command.argv();
        };
    }

    private List<String> environment() {
        Map<String, SecretValue> env = new LinkedHashMap<>(task.env());
        env.putAll(config.environment());
        List<String> variables = new ArrayList<>();
        env.forEach((name, value) -> variables.add(name + "=" + value.reveal()));
        return variables;
    }

    private ObjectNode host() {
        DockerRules rules = config.rules();
        DockerRules.Confinement confinement = rules.confinement();
        ObjectNode host = JSON.createObjectNode();
        host.set(
                "Binds",
                JSON.valueToTree(Stream.concat(sidecars.stream(), config.volumes().stream())
                        .toList()));
        host.put("Init", confinement.init());
        if (confinement.noNewPrivileges()) {
            host.set("SecurityOpt", JSON.valueToTree(List.of("no-new-privileges")));
        }
        host.set("CapDrop", JSON.valueToTree(confinement.dropCapabilities()));
        if (confinement.pidsLimit() > 0) {
            host.put("PidsLimit", confinement.pidsLimit());
        }
        Container.Shape shape = task.container().shape();
        shape.cpus().ifPresent(cpus -> host.put("NanoCpus", atLeastOne(cpus * NANO_CPUS)));
        shape.memoryGib().ifPresent(gib -> {
            long bytes = atLeastOne(gib * GIBIBYTE);
            host.put("Memory", bytes).put("MemorySwap", bytes); // no swap on top
        });
        rules.network().ifPresent(network -> host.put("NetworkMode", network));
        host.putObject("RestartPolicy").put("Name", "no");
        ObjectNode log = host.putObject("LogConfig");
        log.put("Type", "local"); // the one that keeps bytes as they are
        log.putObject("Config")
                .put("max-size", confinement.logMegabytes() * KILOBYTES / LOG_FILES + "k")
                .put("max-file", Integer.toString(LOG_FILES))
                .put("compress", "false");
        return host;
    }

    /** None would be no limit; of what is too small to run, the engine says so. */
    private static long atLeastOne(double amount) {
        return Math.max(1, Math.round(amount));
    }
}
