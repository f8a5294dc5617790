package dev.slipway.protocol;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.Optional;

/**
 * What to run and how, in words that no control plane and no engine owns.
 *
 * @param taskId the task this is an execution of; names the workspace
 * @param image the container image, for backends that run images
 * @param env the task's own variables, over which backends lay what the reference demands
 * @param workdir an absolute directory for backends that run on the host; absent: a workspace of the task's own
 * @param traceparent the W3C trace context that the task's spans and its agent join
 * @param container what backends that run images add
 */
public record TaskSpec(
        String taskId,
        Program program,
        Optional<String> image,
        Map<String, SecretValue> env,
        Optional<String> workdir,
        Optional<String> traceparent,
        Container container) {
    public TaskSpec {
        requireNonNull(taskId, "taskId");
        requireNonNull(program, "program");
        requireNonNull(image, "image");
        requireNonNull(workdir, "workdir");
        requireNonNull(traceparent, "traceparent");
        env = env == null ? Map.of() : Map.copyOf(env);
        container = container == null ? Container.plain() : container;
    }

    /** Without anything that backends which run images would add. */
    public TaskSpec(
            String taskId,
            Program program,
            Optional<String> image,
            Map<String, SecretValue> env,
            Optional<String> workdir,
            Optional<String> traceparent) {
        this(taskId, program, image, env, workdir, traceparent, Container.plain());
    }

    /** The same with other variables. */
    public TaskSpec withEnv(Map<String, SecretValue> other) {
        return new TaskSpec(taskId, program, image, other, workdir, traceparent, container);
    }
}
