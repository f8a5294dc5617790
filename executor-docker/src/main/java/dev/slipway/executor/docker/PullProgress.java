package dev.slipway.executor.docker;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;

/** How far a pull is, from the engine's lines about its layers. */
final class PullProgress {
    private static final long MEGABYTE = 1 << 20;

    /** @param total 0 until the engine says how large it is */
    private record Layer(long current, long total, boolean here) {
        static final Layer UNKNOWN = new Layer(0, 0, false);

        Layer downloaded() {
            return new Layer(total, total, here);
        }

        Layer arrived() {
            return new Layer(total, total, true);
        }
    }

    private final Map<String, Layer> layers = new HashMap<>();

    void hear(JsonNode line) {
        String id = line.path("id").asText();
        Layer known = layers.getOrDefault(id, Layer.UNKNOWN);
        switch (line.path("status").asText()) {
            case "Pulling fs layer", "Waiting" -> layers.putIfAbsent(id, Layer.UNKNOWN);
            case "Downloading" -> layers.put(id, downloading(line.path("progressDetail"), known));
            case "Download complete" -> layers.put(id, known.downloaded());
            case "Pull complete", "Already exists" -> layers.put(id, known.arrived());
            default -> {}
        }
    }

    private static Layer downloading(JsonNode detail, Layer known) {
        long total = detail.path("total").asLong();
        return total > 0 ? new Layer(detail.path("current").asLong(), total, false) : known;
    }

    String words(String image) {
        if (layers.isEmpty()) {
            return "pulling image " + image;
        }
        long here = layers.values().stream().filter(Layer::here).count();
        long current = layers.values().stream().mapToLong(Layer::current).sum();
        long total = layers.values().stream().mapToLong(Layer::total).sum();
        return "pulling image %s: %d of %d layers".formatted(image, here, layers.size())
                + (total == 0 ? "" : ", %d of %d MB".formatted(current / MEGABYTE, total / MEGABYTE));
    }
}
