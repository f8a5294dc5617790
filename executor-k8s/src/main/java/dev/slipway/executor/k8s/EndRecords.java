package dev.slipway.executor.k8s;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.executor.core.Observed;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Optional;

/** How a run ended, written on what stands in the place of its Job. */
final class EndRecords {
    static final String ANNOTATION = "slipway.dev/ended";
    private static final ObjectMapper JSON = new ObjectMapper();

    private EndRecords() {}

    static String write(Observed.Ended ended) {
        try {
            return JSON.writeValueAsString(ended);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an ending is a record of plain values", e);
        }
    }

    static boolean isOn(HasMetadata object) {
        return !Marks.annotation(object, ANNOTATION).isEmpty();
    }

    /** Empty if the object carries none, or one that a later version wrote. */
    static Optional<Observed.Ended> read(HasMetadata object) {
        String text = Marks.annotation(object, ANNOTATION);
        try {
            return text.isEmpty() ? Optional.empty() : Optional.of(JSON.readValue(text, Observed.Ended.class));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }
}
