package dev.slipway.executor.k8s;

import dev.slipway.protocol.Container;
import java.util.ArrayList;
import java.util.List;

/** What the shells in a Pod run. */
final class Scripts {
    static final String SHELL = "/bin/sh";
    private static final String ENTRY_POINT = Container.AGENT_PATH + "/entrypoint.sh";

    /** What is mounted into every container, or belongs to the kernel or to this container alone. */
    private static final List<String> NOT_COPIED =
            List.of("./target", "./proc", "./sys", "./dev", "./.dockerenv", "./var/run/secrets", "./run/secrets");

    private static final String ENVIRONMENT =
            "if [ -f \"$OZ_ENVIRONMENT_FILE\" ]; then set -a; . \"$OZ_ENVIRONMENT_FILE\"; set +a; fi; ";

    /** Made by whoever runs the teardown command, so that it runs once. */
    private static final String TEARDOWN_LOCK = "mkdir \"$OZ_WORKSPACE_ROOT/.slipway-teardown\" 2>/dev/null";

    private Scripts() {}

    /** Copies a sidecar's own file system to the volume at /target. */
    static String copy() {
        StringBuilder script = new StringBuilder("cd / && tar -cf -");
        NOT_COPIED.forEach(path -> script.append(" --exclude=").append(path));
        return script.append(" . | tar -xf - -C /target").toString();
    }

    /** The program and its first arguments for an agent. */
    static List<String> agent(String teardown) {
        return List.of(SHELL, "-c", ENVIRONMENT + run(ENTRY_POINT + " ", teardown), "oz-task");
    }

    /** The same for a command of the submitter's own. */
    static List<String> command(String teardown) {
        return List.of(SHELL, "-c", ENVIRONMENT + run("", teardown), "oz-task");
    }

    /** Before the agent is killed: it may not leave its wrapper the time. */
    static List<String> teardownOnKill(String teardown) {
        return List.of(SHELL, "-c", "if " + TEARDOWN_LOCK + "; then\n" + teardown + "\nfi");
    }

    /**
     * Without a teardown command the agent takes the shell's place. Else the shell stays, passes the polite signal on, also one
     * that comes before the agent has begun, and ends as the agent did.
     */
    private static String run(String program, String teardown) {
        if (teardown.isEmpty()) {
            return "exec " + program + "\"$@\"";
        }
        List<String> lines = new ArrayList<>();
        lines.add("slipway_agent= slipway_asked="); // a task's own variables have other names
        lines.add(
                "trap 'slipway_asked=1; test -z \"$slipway_agent\" || kill -TERM \"$slipway_agent\" 2>/dev/null' TERM INT");
        lines.add(program + "\"$@\" & slipway_agent=$!");
        lines.add("test -z \"$slipway_asked\" || kill -TERM \"$slipway_agent\" 2>/dev/null");
        lines.add("wait \"$slipway_agent\"; code=$?");
        lines.add("while kill -0 \"$slipway_agent\" 2>/dev/null; do wait \"$slipway_agent\"; code=$?; done");
        lines.add("trap '' TERM INT");
        lines.add("if " + TEARDOWN_LOCK + "; then (");
        lines.add(teardown);
        lines.add(") || echo \"[slipway: the teardown command failed with code $?]\" >&2; fi");
        lines.add("exit \"$code\"");
        return String.join("\n", lines);
    }
}
