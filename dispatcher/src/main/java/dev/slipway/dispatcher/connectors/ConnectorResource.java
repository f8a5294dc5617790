package dev.slipway.dispatcher.connectors;

import dev.slipway.dispatcher.access.Refusal;
import dev.slipway.dispatcher.api.Intake;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Message;
import dev.slipway.dispatcher.core.Reply;
import dev.slipway.dispatcher.core.Source;
import dev.slipway.dispatcher.ledger.Ledger;
import dev.slipway.dispatcher.loop.Loop;
import dev.slipway.dispatcher.loop.Telemetry;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.Internal;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.TaskSubmission;
import io.smallrye.common.annotation.RunOnVirtualThread;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Takes in the control plane's assignments and cancellations, and hands out what it is to be told. */
@RunOnVirtualThread
public class ConnectorResource implements Internal.ForConnectors {
    private static final Pattern ID = Pattern.compile("[^\\p{Cntrl}]{1,256}");

    private final Loop loop;
    private final Ledger ledger;
    private final Intake intake;
    private final Telemetry telemetry;

    ConnectorResource(Loop loop, Ledger ledger, Intake intake, Telemetry telemetry) {
        this.loop = loop;
        this.ledger = ledger;
        this.intake = intake;
        this.telemetry = telemetry;
    }

    @Override
    public ConnectorSync.Answer sync(String connector, ConnectorSync sync) {
        if (!ID.matcher(connector).matches()) {
            throw Refusal.invalid("A connector's id has 1 to 256 characters and no control characters.");
        }
        var answer = loop.sync(connector, sync).answer();
        return new ConnectorSync.Answer(
                answer.messages().stream().flatMap(m -> outgoing(m).stream()).toList(), answer.drop());
    }

    /** Empty if the message was superseded since the answer was decided. */
    private Optional<ConnectorSync.Message> outgoing(Message message) {
        boolean isClaim = message.kind() == Message.Kind.CLAIM;
        return ledger.find(message.executionId())
                .filter(task -> isClaim || task.outcome().isPresent())
                .map(task -> new ConnectorSync.Message(
                        message.id(),
                        task.execution().requestedId(),
                        message.taskId(),
                        isClaim ? Optional.empty() : task.outcome()));
    }

    @Override
    public TaskSubmission.Answer submit(TaskSubmission submission) {
        var spec = submission.spec();
        intake.check(submission.executionId(), spec).ifPresent(fault -> {
            throw Refusal.invalid(fault);
        });
        boolean needsImage =
                spec.program() instanceof Program.Command && spec.image().isPresent();
        Reply reply = intake.take(
                new Event.Submit(
                        submission.incarnation(),
                        submission.executionId(),
                        submission.namedExecution(),
                        spec.taskId(),
                        Source.CONTROL_PLANE,
                        0,
                        needsImage,
                        OptionalLong.empty()),
                submission.title(),
                Map.of(),
                spec);
        return new TaskSubmission.Answer(
                switch (reply) {
                    case Reply.Queued _ -> TaskSubmission.Taken.QUEUED;
                    case Reply.Known known -> known.open() ? TaskSubmission.Taken.OPEN : TaskSubmission.Taken.ENDED;
                    case Reply.IdTaken _ ->
                        throw Refusal.invalid("A task that was submitted over the API has this execution's id.");
                    case Reply.Outdated _ ->
                        throw Refusal.conflict(
                                "A newer connector has taken over: it is the one that takes assignments now.");
                    case Reply.AtCapacity _ -> {
                        telemetry.rejectedAtCapacity();
                        throw Intake.full();
                    }
                    default -> throw new IllegalStateException("a submission was answered with " + reply);
                });
    }

    @Override
    public Internal.CancelAnswer cancel(String task) {
        return switch (loop.decide(new Event.CancelTask(task, "control_plane"))) {
            case Reply.Cancelled cancelled ->
                new Internal.CancelAnswer(cancelled.executionIds().size());
            default -> new Internal.CancelAnswer(0);
        };
    }
}
