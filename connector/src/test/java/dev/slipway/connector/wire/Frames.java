package dev.slipway.connector.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.testkit.Assignment;

/** Frames as the control plane sends them. */
final class Frames {
    private Frames() {}

    static String assignment(Assignment assignment) {
        ObjectNode frame = JsonNodeFactory.instance.objectNode().put("type", "task_assignment");
        frame.set("data", assignment.toJson());
        return frame.toString();
    }

    /** What the connector makes of a frame that must be a good assignment. */
    static dev.slipway.connector.wire.Assignment read(String frame) {
        Incoming incoming = FrameReader.read(frame);
        assertThat(incoming).isInstanceOf(Incoming.Assigned.class);
        return ((Incoming.Assigned) incoming).assignment();
    }
}
