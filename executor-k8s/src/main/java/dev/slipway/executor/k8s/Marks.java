package dev.slipway.executor.k8s;

import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.Survivor;
import dev.slipway.protocol.ExecutionKey;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What the objects of a run carry, by which every later process of the executor finds them. */
final class Marks {
    /** Of Jobs and Pods: the hash of their executor's id. */
    static final String EXECUTOR_LABEL = "slipway.dev/executor";

    private static final String EXECUTOR = "slipway.dev/executor-id";
    private static final String LEDGER = "slipway.dev/ledger";
    private static final String EXECUTION = "slipway.dev/execution-id";
    private static final String ATTEMPT = "slipway.dev/attempt";
    private static final String TASK = "slipway.dev/task-id";
    private static final String TRACEPARENT = "slipway.dev/traceparent";

    private static final String SECRET = "slipway.dev/has-secret";

    private Marks() {}

    /** Of a Job beside which there is to be a Secret of its name. */
    static Map<String, String> secret() {
        return Map.of(SECRET, "true");
    }

    static boolean hasSecret(HasMetadata object) {
        return !annotation(object, SECRET).isEmpty();
    }

    /** The exact ids, which labels cannot hold. */
    static Map<String, String> annotations(String executor, RunId run, String taskId, Optional<String> traceparent) {
        Map<String, String> annotations = new HashMap<>();
        annotations.put(EXECUTOR, executor);
        annotations.put(LEDGER, run.ledger());
        annotations.put(EXECUTION, run.key().execution());
        annotations.put(ATTEMPT, Integer.toString(run.key().attempt()));
        annotations.put(TASK, taskId);
        traceparent.ifPresent(context -> annotations.put(TRACEPARENT, context));
        return annotations;
    }

    /** Whose run it is; empty if the object does not carry a whole set of marks. */
    static Optional<RunId> run(HasMetadata object) {
        String ledger = annotation(object, LEDGER);
        String execution = annotation(object, EXECUTION);
        String attempt = annotation(object, ATTEMPT);
        if (ledger.isEmpty() || !attempt.matches("[1-9][0-9]{0,8}")) {
            return Optional.empty();
        }
        return execution.isEmpty() || execution.length() > ExecutionKey.MAX_ID
                ? Optional.empty()
                : Optional.of(new RunId(ledger, new ExecutionKey(execution, Integer.parseInt(attempt))));
    }

    static Optional<Survivor> survivor(HasMetadata object) {
        String traceparent = annotation(object, TRACEPARENT);
        return run(object)
                .map(run -> new Survivor(run, Optional.of(traceparent).filter(context -> !context.isEmpty())));
    }

    static String executor(HasMetadata object) {
        return annotation(object, EXECUTOR);
    }

    static String taskId(HasMetadata object) {
        return annotation(object, TASK);
    }

    static String annotation(HasMetadata object, String name) {
        Map<String, String> annotations = object.getMetadata().getAnnotations();
        return annotations == null ? "" : annotations.getOrDefault(name, "");
    }
}
