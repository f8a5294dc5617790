package dev.slipway.connector.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.testkit.Assignment;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;

/** Frames as the control plane sends them. */
final class Frames {
    private Frames() {}

    static String assignment(Assignment assignment) {
        ObjectNode frame = JsonNodeFactory.instance.objectNode().put("type", "task_assignment");
        frame.set("data", assignment.toJson());
        // Half of a character travels only escaped.
        return frame.toString().replace("\ud800", "\\ud800");
    }

    static RawFrame raw(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new RawFrame(bytes.length, new ByteArrayInputStream(bytes));
    }

    static Incoming parse(String frame) {
        return FrameReader.read(raw(frame));
    }

    /** What the connector makes of a frame that must be a good assignment. */
    static dev.slipway.connector.wire.Assignment read(String frame) {
        Incoming incoming = parse(frame);
        assertThat(incoming).isInstanceOf(Incoming.Assigned.class);
        return ((Incoming.Assigned) incoming).assignment();
    }
}
