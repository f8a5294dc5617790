package dev.slipway.connector.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.slipway.connector.wire.Fields.Fault;
import dev.slipway.connector.wire.Fields.Unencodable;
import dev.slipway.connector.wire.Fields.WrongType;
import dev.slipway.protocol.Container;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Understands the control plane's frames. No content of a frame ever leaves it but in the result. Of the contract's fields that
 * nobody here uses only the types are looked at: another type shows that the two sides do not mean the same by an assignment.
 */
public final class FrameReader {
    /** The largest frame that is taken, in bytes. */
    public static final int MAX_FRAME = 32 << 20;

    /** Names included: understood, each takes a hundred bytes and more. */
    private static final int MAX_VALUES = 1_000_000;

    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(MAX_FRAME)
                            .maxTokenCount(MAX_VALUES)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            // Numbers in mcp_servers go to the agent as they came.
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private FrameReader() {}

    public static Incoming read(RawFrame frame) {
        try {
            // As text: as bytes, Jackson takes half of a character in a name for broken JSON.
            Reader text = new InputStreamReader(frame.content(), StandardCharsets.UTF_8);
            Fields envelope = Fields.of("the frame", JSON.readTree(text));
            String type = envelope.text("type").orElse("");
            return switch (type) {
                case "task_assignment" -> assignment(data(envelope));
                case "task_cancellation" -> cancellation(data(envelope));
                case "heartbeat" -> new Incoming.Heartbeat();
                default -> new Incoming.Unknown(type);
            };
        } catch (StreamConstraintsException tooMuch) {
            return new Incoming.Broken("it holds more, longer or deeper values than are taken");
        } catch (IOException notJson) {
            return new Incoming.Broken("it is not valid JSON");
        } catch (Fault fault) {
            return new Incoming.Broken(fault.words());
        }
    }

    private static Fields data(Fields envelope) throws Fault {
        Optional<Fields> data = envelope.object("data");
        if (data.isEmpty()) {
            throw new WrongType("data", "an object");
        }
        return new Fields("", data.get().object());
    }

    private static Incoming cancellation(Fields data) throws Fault {
        Optional<String> taskId = data.word("task_id");
        return taskId.isPresent()
                ? new Incoming.Cancelled(taskId.get())
                : new Incoming.Broken("the cancellation has no task_id");
    }

    private static Incoming assignment(Fields data) throws Fault {
        Optional<String> taskId = data.word("task_id");
        Optional<String> executionId = data.word("execution_id");
        if (taskId.isEmpty()) {
            return new Incoming.Broken("the assignment has no task_id");
        }
        Optional<Fields> task = data.object("task");
        if (task.isEmpty()) {
            return new Incoming.Unusable(
                    taskId.get(),
                    executionId.orElse(taskId.get()),
                    "the control plane did not say what the task is: start it again");
        }
        try {
            return new Incoming.Assigned(new Assignment(
                    taskId.get(),
                    executionId,
                    task(task.get()),
                    data.word("docker_image"),
                    data.secrets("env_vars"),
                    data.texts("additional_oz_args"),
                    container(data)));
        } catch (Unencodable text) {
            return new Incoming.Unusable(
                    taskId.get(),
                    executionId.orElse(taskId.get()),
                    text.words() + ": correct it and start the task again");
        }
    }

    private static Container container(Fields data) throws Fault {
        List<Container.Sidecar> sidecars = new ArrayList<>();
        for (Fields sidecar : data.objects("additional_sidecars")) {
            sidecars.add(new Container.Sidecar(
                    sidecar.text("image").orElse(""),
                    sidecar.text("mount_path").orElse(""),
                    sidecar.flag("read_write").orElse(false)));
        }
        return new Container(data.word("sidecar_image"), sidecars, shape(data.object("instance_shape")));
    }

    private static Container.Shape shape(Optional<Fields> shape) throws Fault {
        return shape.isEmpty()
                ? Container.plain().shape()
                : new Container.Shape(shape.get().positive("vcpus"), shape.get().positive("memory_gb"));
    }

    private static void checkUnusedOfTask(Fields task) throws Fault {
        task.expectText("created_at", "updated_at", "agent_conversation_id");
        Optional<Fields> definition = task.object("task_definition");
        if (definition.isPresent()) {
            definition.get().expectText("prompt");
        }
    }

    private static void checkUnusedOfSnapshot(Fields snapshot) throws Fault {
        snapshot.expectText("base_prompt");
        Optional<Fields> secrets = snapshot.object("harness_auth_secrets");
        if (secrets.isPresent()) {
            secrets.get().expectText("claude_auth_secret_name");
        }
    }

    private static Assignment.Task task(Fields task) throws Fault {
        checkUnusedOfTask(task);
        Optional<Fields> owner = task.object("owner");
        Optional<Fields> snapshot = task.object("agent_config_snapshot");
        return new Assignment.Task(
                task.text("id").orElse(""),
                task.words("title"),
                owner.isPresent()
                        && owner.get().text("Type").filter("TEAM"::equals).isPresent(),
                snapshot.isPresent() ? Optional.of(snapshot(snapshot.get())) : Optional.empty());
    }

    private static Assignment.Snapshot snapshot(Fields snapshot) throws Fault {
        checkUnusedOfSnapshot(snapshot);
        Optional<Fields> harness = snapshot.object("harness");
        Optional<Fields> providers = snapshot.object("inference_providers");
        Optional<Fields> aws = providers.isPresent() ? providers.get().object("aws") : Optional.empty();
        Optional<Fields> sharing = snapshot.object("session_sharing");
        return new Assignment.Snapshot(
                snapshot.text("environment_id"),
                snapshot.text("model_id"),
                snapshot.text("profile_id"),
                snapshot.text("skill_spec"),
                snapshot.json("mcp_servers"),
                snapshot.flag("computer_use_enabled"),
                snapshot.number("idle_timeout_minutes"),
                harness.isPresent() ? harness.get().text("type") : Optional.empty(),
                aws.isPresent() ? Optional.of(aws(aws.get())) : Optional.empty(),
                sharing.isPresent() ? sharing.get().text("public_access") : Optional.empty(),
                snapshot.flag("snapshot_disabled").orElse(false),
                snapshot.number("snapshot_upload_timeout_secs"),
                snapshot.number("snapshot_script_timeout_secs"));
    }

    private static Assignment.AwsInference aws(Fields aws) throws Fault {
        return new Assignment.AwsInference(
                aws.flag("disabled").orElse(false), aws.text("role_arn"), aws.text("region"));
    }
}
