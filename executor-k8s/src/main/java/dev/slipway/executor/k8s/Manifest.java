package dev.slipway.executor.k8s;

import dev.slipway.protocol.SecretValue;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a run is made of.
 *
 * @param secrets what the Job refers to in the Secret that has its name; empty if it needs none
 */
record Manifest(Job job, Map<String, SecretValue> secrets) {
    /** The Secret of a Job that exists; it goes with the Job. */
    Secret secretOf(Job created) {
        Map<String, String> data = new TreeMap<>();
        secrets.forEach((key, value) -> data.put(key, value.reveal()));
        return new SecretBuilder()
                .withNewMetadata()
                .withName(created.getMetadata().getName())
                .withNamespace(created.getMetadata().getNamespace())
                .withLabels(created.getMetadata().getLabels())
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion("batch/v1")
                        .withKind("Job")
                        .withName(created.getMetadata().getName())
                        .withUid(created.getMetadata().getUid())
                        .build())
                .endMetadata()
                .withImmutable(true)
                .withType("Opaque")
                .withStringData(data)
                .build();
    }
}
