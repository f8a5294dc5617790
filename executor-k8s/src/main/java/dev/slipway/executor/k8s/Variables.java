package dev.slipway.executor.k8s;

import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The variables and arguments of one task as its containers get them, in the Job itself or in a Secret beside it. */
final class Variables {
    /** A longer argument goes into the Secret, if there is one. In characters. */
    private static final int LONG = 4096;

    private static final String TRACEPARENT = "TRACEPARENT";

    private final String secretName;
    private final boolean inSecret;
    private final Map<String, SecretValue> secrets = new LinkedHashMap<>();
    private final List<EnvVar> ofArguments = new ArrayList<>();

    /** @param secretName of the Secret to put values into; unused unless {@code inSecret} */
    Variables(String secretName, boolean inSecret) {
        this.secretName = secretName;
        this.inSecret = inSecret;
    }

    /** Kubernetes replaces references in arguments and values; a task's own texts hold none. */
    static String literal(String text) {
        return text.replace("$", "$$");
    }

    List<String> arguments(List<String> arguments) {
        List<String> result = new ArrayList<>();
        for (String argument : arguments) {
            if (inSecret && argument.length() > LONG) {
                String name = "SLIPWAY_ARGUMENT_" + ofArguments.size();
                ofArguments.add(secret(name, SecretValue.of(argument)));
                result.add("$(" + name + ")");
            } else {
                result.add(literal(argument));
            }
        }
        return result;
    }

    /**
     * Everything the task's containers get, in the order in which later ones win: the template's, the task's, the operator's,
     * the engine's.
     */
    List<EnvVar> of(List<EnvVar> template, TaskSpec spec, Site site) {
        Map<String, EnvVar> variables = new LinkedHashMap<>();
        template.forEach(variable -> variables.put(variable.getName(), variable));
        Map<String, SecretValue> own = new TreeMap<>(spec.env());
        SecretValue traceparent = own.get(TRACEPARENT);
        if (variables.containsKey(TRACEPARENT)
                && traceparent != null
                && spec.traceparent().filter(traceparent.reveal()::equals).isPresent()) {
            own.remove(TRACEPARENT); // ours is below everything
        }
        own.putAll(site.environment());
        own.forEach((name, value) -> put(variables, inSecret ? secret(name, value) : plain(name, value.reveal())));
        ofArguments.forEach(variable -> put(variables, variable));
        put(variables, plain("OZ_ENVIRONMENT_FILE", JobManifests.ENVIRONMENT_FILE));
        put(variables, plain("OZ_WORKSPACE_ROOT", JobManifests.WORKSPACE));
        put(variables, plain("OZ_WORKER_BACKEND", "kubernetes"));
        put(variables, plain("OZ_RUN_ID", spec.taskId()));
        return List.copyOf(variables.values());
    }

    /** What has to be in the Secret. */
    Map<String, SecretValue> secrets() {
        return Map.copyOf(secrets);
    }

    private static void put(Map<String, EnvVar> variables, EnvVar variable) {
        variables.remove(variable.getName());
        variables.put(variable.getName(), variable);
    }

    private static EnvVar plain(String name, String value) {
        return new EnvVarBuilder().withName(name).withValue(literal(value)).build();
    }

    private EnvVar secret(String name, SecretValue value) {
        String key = "v" + secrets.size();
        secrets.put(key, value);
        return new EnvVarBuilder()
                .withName(name)
                .withNewValueFrom()
                .withNewSecretKeyRef(key, secretName, false)
                .endValueFrom()
                .build();
    }
}
