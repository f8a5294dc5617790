package dev.slipway.executor.k8s;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.executor.core.Observed;
import dev.slipway.protocol.Cause;
import io.fabric8.kubernetes.api.model.HasMetadata;

/**
 * How a run ended, written on what stands in the place of its Job; and that it is being ended, written down before its Job is
 * deleted.
 */
final class EndRecords {
    static final String ANNOTATION = "slipway.dev/ended";

    /** Of what is there while a Job is being deleted and its run's end is not known yet. */
    static final String ANNOUNCEMENT = "slipway.dev/ending";

    private static final ObjectMapper JSON = new ObjectMapper();

    private EndRecords() {}

    static String write(Observed.Ended ended) {
        try {
            return JSON.writeValueAsString(ended);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an ending is a record of plain values", e);
        }
    }

    /** Whether it is no Job that runs anything. */
    static boolean isOn(HasMetadata object) {
        return isFinal(object) || !Marks.annotation(object, ANNOUNCEMENT).isEmpty();
    }

    static boolean isFinal(HasMetadata object) {
        return !Marks.annotation(object, ANNOTATION).isEmpty();
    }

    /** Of an object that it {@link #isOn}. */
    static Observed.Ended read(HasMetadata object) {
        if (!isFinal(object)) {
            return lost("an earlier process of this executor was ended while it deleted the run's Job");
        }
        try {
            return JSON.readValue(Marks.annotation(object, ANNOTATION), Observed.Ended.class);
        } catch (JsonProcessingException e) {
            return lost("the record of its end on Job %s cannot be read"
                    .formatted(object.getMetadata().getName()));
        }
    }

    private static Observed.Ended lost(String words) {
        return new Observed.Ended(Cause.JOB_FAILED.lost("how the agent ended is not known: " + words), 0, 0);
    }
}
