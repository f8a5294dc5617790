package dev.slipway.executor.k8s;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Shows of a Pod and its Job what a real cluster showed of another, in the same order but faster. */
final class Replay {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long STEP_MILLIS = 15;

    private final FakeCluster cluster;
    private final String pod;
    private final String job;

    Replay(FakeCluster cluster, String pod, String job) {
        this.cluster = cluster;
        this.pod = pod;
        this.job = job;
    }

    /** @param isCancelled whether the Pod is being deleted by this executor */
    void play(String recording, BooleanSupplier isCancelled) throws IOException, InterruptedException {
        JsonNode all;
        try (InputStream file = Objects.requireNonNull(
                Replay.class.getResourceAsStream("/kubernetes/" + recording + ".json"), recording)) {
            all = JSON.readTree(file);
        }
        for (JsonNode event : all.get("events")) {
            if ("Warning".equals(event.path("type").asText())) {
                boolean isOfJob = "Job".equals(event.at("/involvedObject/kind").asText());
                cluster.find(isOfJob ? "jobs" : "pods", isOfJob ? job : pod)
                        .ifPresent(object -> cluster.warn(
                                object,
                                event.path("reason").asText(),
                                event.path("message").asText()));
            }
        }
        for (JsonNode line : all.get("timeline")) {
            if (line.has("watch") && !isCancelled.getAsBoolean()) {
                TimeUnit.MILLISECONDS.sleep(STEP_MILLIS);
                show(all, line);
            }
        }
        while (!isCancelled.getAsBoolean() && cluster.find("pods", pod).isPresent()) {
            TimeUnit.MILLISECONDS.sleep(STEP_MILLIS);
        }
    }

    private void show(JsonNode all, JsonNode line) {
        boolean isOfJob = "Job".equals(line.path("kind").asText());
        String resource = isOfJob ? "jobs" : "pods";
        String name = isOfJob ? job : pod;
        if (line.has("snapshot")) {
            JsonNode snapshot = all.get(resource).get(line.get("snapshot").asInt());
            cluster.update(resource, name, object -> {
                object.set("status", snapshot.path("status").deepCopy());
                ObjectNode meta = object.withObject("/metadata");
                for (String field : new String[] {"deletionTimestamp", "deletionGracePeriodSeconds"}) {
                    if (snapshot.path("metadata").has(field)) {
                        meta.set(field, snapshot.path("metadata").get(field));
                    }
                }
                if (snapshot.path("spec").has("nodeName")) {
                    object.withObject("/spec")
                            .set("nodeName", snapshot.path("spec").get("nodeName"));
                }
            });
        }
        if ("DELETED".equals(line.path("watch").asText())) {
            cluster.remove(resource, name);
        }
    }
}
