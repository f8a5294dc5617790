package dev.slipway.executor.docker;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;

/** How far a pull is, from the engine's lines about its layers. */
final class PullProgress {
    private static final long MEGABYTE = 1 << 20;

    private record Layer(long current, long total) {}

    private final Map<String, Layer> layers = new HashMap<>();

    void hear(JsonNode line) {
        JsonNode detail = line.path("progressDetail");
        if (line.path("status").asText().equals("Downloading")
                && detail.path("total").asLong() > 0) {
            layers.put(
                    line.path("id").asText(),
                    new Layer(
                            detail.path("current").asLong(),
                            detail.path("total").asLong()));
        } else if (line.path("status").asText().equals("Download complete")) {
            layers.computeIfPresent(line.path("id").asText(), (_, layer) -> new Layer(layer.total(), layer.total()));
        }
    }

    String words(String image) {
        long current = layers.values().stream().mapToLong(Layer::current).sum();
        long total = layers.values().stream().mapToLong(Layer::total).sum();
        return total == 0
                ? "pulling " + image
                : "pulling %s: %d of %d MB".formatted(image, current / MEGABYTE, total / MEGABYTE);
    }
}
