package dev.slipway.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * What the control plane assigns; complete as it stands, and every call changes one thing about it.
 *
 * <pre>{@code
 * controlPlane.assign(Assignment.of("task-1").execution("execution-1").env("TOKEN", "canary"));
 * }</pre>
 */
public final class Assignment {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ObjectNode data = JSON.createObjectNode();

    private Assignment(String taskId) {
        data.put("task_id", taskId);
        ObjectNode task = data.putObject("task");
        task.put("id", taskId).put("title", "title of " + taskId);
        task.putObject("task_definition").put("prompt", "prompt of " + taskId);
        task.put("created_at", "2026-01-01T00:00:00Z").put("updated_at", "2026-01-01T00:00:00Z");
        task.putObject("owner").put("Type", "USER").put("Id", "user-1");
    }

    /** Without an execution id, an image, a snapshot or variables; owned by a user. */
    public static Assignment of(String taskId) {
        return new Assignment(taskId);
    }

    public Assignment execution(String executionId) {
        data.put("execution_id", executionId);
        return this;
    }

    public Assignment image(String image) {
        data.put("docker_image", image);
        return this;
    }

    public Assignment env(String name, String value) {
        data.withObjectProperty("env_vars").put(name, value);
        return this;
    }

    /** What is handed to the agent as it stands. */
    public Assignment agentArgs(String... args) {
        data.set("additional_oz_args", JSON.valueToTree(List.of(args)));
        return this;
    }

    public Assignment title(String title) {
        data.withObjectProperty("task").put("title", title);
        return this;
    }

    public Assignment ownedByTeam() {
        data.withObjectProperty("task").putObject("owner").put("Type", "TEAM").put("Id", "team-1");
        return this;
    }

    public Assignment harness(String type) {
        snapshotNode().putObject("harness").put("type", type);
        return this;
    }

    /** A field of the agent's configuration snapshot, with any value that Jackson can write. */
    public Assignment snapshot(String field, Object value) {
        snapshotNode().set(field, JSON.valueToTree(value));
        return this;
    }

    /** A field of the assignment itself, with any value that Jackson can write, also a wrong one. */
    public Assignment with(String field, Object value) {
        data.set(field, JSON.valueToTree(value));
        return this;
    }

    public Assignment without(String field) {
        data.remove(field);
        return this;
    }

    public JsonNode toJson() {
        return data.deepCopy();
    }

    private ObjectNode snapshotNode() {
        return data.withObjectProperty("task").withObjectProperty("agent_config_snapshot");
    }
}
