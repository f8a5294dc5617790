package dev.slipway.connector.wire;

import dev.slipway.connector.wire.Assignment.AwsInference;
import dev.slipway.connector.wire.Assignment.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The agent's argument vector for an assignment, flag by flag in the order that the control plane's agent expects. */
final class AgentCommand {
    /** What Unicode calls white space, as the agent's makers do: none of it is beyond the basic plane. */
    private static final Predicate<String> BLANK =
            Pattern.compile("\\p{IsWhite_Space}").asMatchPredicate();

    private final List<String> args = new ArrayList<>();

    private AgentCommand() {}

    static List<String> args(Assignment assignment, AgentDefaults defaults) {
        AgentCommand command = new AgentCommand();
        command.add("agent", "run");
        if (assignment.task().ownedByTeam()) {
            command.add("--share", "team:edit");
        }
        command.add("--task-id", assignment.task().id(), "--sandboxed");
        command.add("--server-root-url", defaults.serverRootUrl());
        assignment.task().snapshot().ifPresent(command::addSnapshot);
        assignment.extraArgs().forEach(command::add);
        command.addIdle(assignment.task().snapshot(), defaults);
        defaults.sessionSharingServerUrl().ifPresent(url -> command.add("--session-sharing-server-url", url));
        return List.copyOf(command.args);
    }

    private void addSnapshot(Snapshot snapshot) {
        // Compared as sent: " oz" is another harness than "oz".
        boolean ozHarness = snapshot.harness()
                .filter(type -> !type.isEmpty() && !type.equals("oz"))
                .isEmpty();
        if (ozHarness) {
            addIfSet("--model", snapshot.modelId());
        }
        addIfSet("--profile", snapshot.profileId());
        addIfSet("--skill", snapshot.skillSpec());
        snapshot.mcpServers().ifPresent(servers -> add("--mcp", servers));
        add(snapshot.computerUse().orElse(ozHarness) ? "--computer-use" : "--no-computer-use");
        snapshot.aws().filter(aws -> !aws.disabled()).ifPresent(this::addBedrock);
        addIfSet("--harness", snapshot.harness());
        switch (snapshot.publicAccess().orElse("")) {
            case "VIEWER" -> add("--share", "public:view");
            case "EDITOR" -> add("--share", "public:edit");
            default -> {}
        }
        if (snapshot.snapshotDisabled()) {
            add("--no-snapshot");
        }
        addSeconds("--snapshot-upload-timeout", snapshot.snapshotUploadSeconds());
        addSeconds("--snapshot-script-timeout", snapshot.snapshotScriptSeconds());
        addIfSet("--environment", snapshot.environmentId());
    }

    private void addBedrock(AwsInference aws) {
        if (set(aws.roleArn()).isPresent()) {
            addIfSet("--bedrock-inference-role", aws.roleArn());
            addIfSet("--bedrock-role-region", aws.region());
        }
    }

    private void addIdle(Optional<Snapshot> snapshot, AgentDefaults defaults) {
        add("--idle-on-complete");
        snapshot.map(Snapshot::idleMinutes)
                .filter(minutes -> minutes > 0)
                .map(minutes -> minutes + "m")
                .or(defaults::idleOnComplete)
                .ifPresent(this::add);
    }

    private void addSeconds(String flag, long seconds) {
        if (seconds > 0) {
            add(flag, seconds + "s");
        }
    }

    private void addIfSet(String flag, Optional<String> value) {
        set(value).ifPresent(text -> add(flag, text));
    }

    private static Optional<String> set(Optional<String> value) {
        return value.map(AgentCommand::trimmed).filter(text -> !text.isEmpty());
    }

    private static String trimmed(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && isBlank(text, from)) {
            from++;
        }
        while (from < to && isBlank(text, to - 1)) {
            to--;
        }
        return text.substring(from, to);
    }

    private static boolean isBlank(String text, int index) {
        return BLANK.test(text.substring(index, index + 1));
    }

    private void add(String... more) {
        args.addAll(List.of(more));
    }
}
