package dev.slipway.connector.wire;

import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.protocol.TaskSubmission;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Translates an assignment into words that no control plane owns. */
public final class Assignments {
    private Assignments() {}

    /**
     * @param traceparent the W3C trace context of the task
     * @param incarnation as whom the dispatcher knows this process
     */
    public static TaskSubmission translate(
            Assignment assignment, AgentDefaults defaults, String traceparent, long incarnation) {
        Program agent = new Program.Agent(
                AgentCommand.args(assignment, defaults),
                assignment
                        .task()
                        .snapshot()
                        .flatMap(Assignment.Snapshot::harness)
                        .map(String::strip)
                        .filter(type -> !type.isEmpty()));
        return new TaskSubmission(
                incarnation,
                executionId(assignment),
                assignment.executionId().isPresent(),
                assignment.task().title(),
                new TaskSpec(
                        assignment.taskId(),
                        agent,
                        assignment.image(),
                        environment(assignment, defaults),
                        Optional.empty(),
                        Optional.of(traceparent),
                        assignment.container()));
    }

    /** Where the control plane names no execution, its task stands in. */
    public static String executionId(Assignment assignment) {
        return assignment.executionId().orElse(assignment.taskId());
    }

    private static Map<String, SecretValue> environment(Assignment assignment, AgentDefaults defaults) {
        Map<String, SecretValue> environment = new HashMap<>();
        environment.put("TASK_ID", SecretValue.of(assignment.task().id()));
        environment.put("GIT_TERMINAL_PROMPT", SecretValue.of("0"));
        environment.put("GH_PROMPT_DISABLED", SecretValue.of("1"));
        if (!defaults.serverRootUrl().isEmpty()) {
            environment.put("WARP_SERVER_ROOT_URL", SecretValue.of(defaults.serverRootUrl()));
        }
        environment.putAll(assignment.env());
        return environment;
    }
}
