package dev.slipway.executor.k8s;

import dev.slipway.protocol.SecretValue;
import dev.slipway.settings.Kubernetes;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.util.Map;

/**
 * How this executor's tasks run on its cluster.
 *
 * @param executor the executor's id
 * @param workerId the worker's name at the control plane; may be empty
 * @param isCleaned whether Jobs are removed when they have ended
 * @param settings as the operator wants it
 * @param template what every Pod begins with
 * @param environment laid over every task's own variables
 */
record Site(
        String executor,
        String workerId,
        boolean isCleaned,
        Kubernetes settings,
        PodSpec template,
        Map<String, SecretValue> environment) {}
