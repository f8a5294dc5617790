package dev.slipway.connector.wire;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.connector.outbox.Notice;
import dev.slipway.protocol.Outcome;
import java.nio.charset.StandardCharsets;

/** Writes the frames that the control plane understands. */
public final class FrameWriter {
    private FrameWriter() {}

    public static String write(Notice notice, String workerId) {
        return switch (notice) {
            case Notice.Claimed claimed ->
                frame(
                        "task_claimed",
                        claimed,
                        JsonNodeFactory.instance.objectNode().put("worker_id", workerId));
            case Notice.Rejected rejected ->
                frame(
                        "task_rejected",
                        rejected,
                        JsonNodeFactory.instance.objectNode().put("reason", rejected.reason()));
            case Notice.Ended ended -> ended(ended);
        };
    }

    private static String ended(Notice.Ended ended) {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        return switch (ended.outcome()) {
            case Outcome.Succeeded() ->
                frame("task_completed", ended, data.put("message", "Task completed successfully"));
            case Outcome.Cancelled() ->
                frame(
                        "task_completed",
                        ended,
                        data.put("message", "Task cancelled by user request.").put("task_state", "CANCELLED"));
            case Outcome.Failed failed -> {
                data.put("message", FailureMessage.of(failed));
                data.put("failure_reason", failed.reason().wireName());
                if (failed.exitCode().orElse(0) != 0) {
                    data.put("exit_code", failed.exitCode().getAsInt());
                }
                yield frame("task_failed", ended, data);
            }
        };
    }

    private static String frame(String type, Notice notice, ObjectNode rest) {
        ObjectNode data = JsonNodeFactory.instance.objectNode().put("task_id", notice.taskId());
        data.setAll(rest);
        ObjectNode frame = JsonNodeFactory.instance.objectNode().put("type", type);
        frame.set("data", data);
        // A text that is not UTF-8 once encoded could never be sent, and everything after it would wait for it.
        return new String(frame.toString().getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }
}
