package dev.slipway.executor.k8s;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** What a real cluster showed of one Job, as {@code src/test/resources/kubernetes} has it. */
record Recording(List<Sight> sights) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What was known after one event of a watch. */
    record Sight(Optional<Job> job, boolean isJobGone, List<Sighting.SeenPod> pods, List<Event> events, Instant now) {
        Sighting sighting(boolean isStopped, Duration patience) {
            return new Sighting(job, isJobGone, pods, events, isStopped, patience, now);
        }
    }

    static Recording of(String name) throws IOException {
        JsonNode all;
        try (InputStream file =
                Objects.requireNonNull(Recording.class.getResourceAsStream("/kubernetes/" + name + ".json"), name)) {
            all = JSON.readTree(file);
        }
        List<Event> events = new ArrayList<>();
        for (JsonNode event : all.get("events")) {
            if ("Warning".equals(event.path("type").asText())) {
                events.add(JSON.convertValue(event, Event.class));
            }
        }
        Instant start =
                instant(all.get("jobs").get(0).at("/metadata/creationTimestamp").asText());
        List<Sight> sights = new ArrayList<>();
        Optional<Job> job = Optional.empty();
        boolean isJobGone = false;
        Map<String, Sighting.SeenPod> pods = new HashMap<>();
        for (JsonNode line : all.get("timeline")) {
            if (!line.has("watch")) {
                continue;
            }
            boolean isGone = "DELETED".equals(line.get("watch").asText());
            int snapshot = line.path("snapshot").asInt(-1);
            if ("Job".equals(line.get("kind").asText())) {
                isJobGone = isGone;
                if (snapshot >= 0) {
                    job = Optional.of(JSON.convertValue(all.get("jobs").get(snapshot), Job.class));
                }
            } else if (snapshot >= 0) {
                Pod pod = JSON.convertValue(all.get("pods").get(snapshot), Pod.class);
                pods.merge(
                        pod.getMetadata().getName(),
                        new Sighting.SeenPod(pod, isGone),
                        (known, now) -> known.then(now.pod(), now.isGone()));
            }
            Instant now = after(start, line.get("t"));
            sights.add(new Sight(
                    job,
                    isJobGone,
                    List.copyOf(pods.values()),
                    events.stream().filter(event -> !first(event).isAfter(now)).toList(),
                    now));
        }
        Sight last = sights.getLast();
        sights.add(
                new Sight(last.job(), last.isJobGone(), last.pods(), events, after(start, all.get("recordedSeconds"))));
        return new Recording(List.copyOf(sights));
    }

    private static Instant after(Instant start, JsonNode seconds) {
        return start.plusMillis((long) (seconds.asDouble() * 1000));
    }

    private static Instant first(Event event) {
        if (event.getFirstTimestamp() != null) {
            return instant(event.getFirstTimestamp());
        }
        return event.getEventTime() == null
                ? Instant.EPOCH
                : instant(event.getEventTime().getTime());
    }

    private static Instant instant(String text) {
        return OffsetDateTime.parse(text).toInstant();
    }
}
