package dev.slipway.connector.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.connector.dispatcher.Dispatcher;
import dev.slipway.connector.outbox.Notice;
import dev.slipway.connector.outbox.Outbox;
import dev.slipway.connector.outbox.Outbox.Outgoing;
import dev.slipway.connector.outbox.Post;
import dev.slipway.connector.wire.AgentDefaults;
import dev.slipway.connector.wire.RawFrame;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.ConnectorSync.Message;
import dev.slipway.protocol.Outcome;
import dev.slipway.protocol.TaskSubmission;
import dev.slipway.testkit.Assignment;
import io.opentelemetry.api.OpenTelemetry;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IntakeTest {
    private final Post post = new Post();
    private final AtomicInteger asked = new AtomicInteger();

    @BeforeEach
    void connect() {
        post.update(outbox -> outbox.connected("a"));
    }

    @Test
    void rejectsWhatItFailsToSubmitForAReasonNobodyThoughtOf() {
        post.update(outbox -> outbox.synced(
                Outbox.Report.EMPTY,
                new ConnectorSync.Answer(
                        List.of(new Message(1, "earlier", "t", Optional.of(new Outcome.Succeeded()))), List.of())));
        intake(new LinkageError("wanted by the test"))
                .accept(frame(Assignment.of("t").execution("e")), asked::incrementAndGet);

        await().until(() -> post.ask(outbox -> outbox.report().holding().size() == 1
                && outbox.next().map(Outgoing::id).equals(Optional.of(1L))));
        post.update(outbox -> outbox.written(1));
        assertThat(post.ask(Outbox::next).map(Outgoing::notice))
                .hasValueSatisfying(notice -> assertThat(notice).isInstanceOf(Notice.Rejected.class));
        assertThat(asked).hasValue(1);
    }

    @Test
    void rejectsWhatComesWhileItStops() throws InterruptedException {
        Intake intake = intake(new LinkageError("nothing is to be submitted"));
        intake.stop();
        intake.accept(frame(Assignment.of("t").execution("e")), asked::incrementAndGet);

        await().until(() -> post.ask(Outbox::next)
                .map(Outgoing::notice)
                .equals(Optional.of(new Notice.Rejected("t", "worker is shutting down"))));
    }

    @Test
    void aBurstOutlastsThePatienceWhileTheDispatcherGoesOnAnswering() {
        List<String> submitted = Collections.synchronizedList(new ArrayList<>());
        Intake intake = new Intake(
                new BusyDispatcher(submitted),
                post,
                new AgentDefaults("", Optional.empty(), Optional.empty()),
                new Traces(OpenTelemetry.noop().getTracer("test")),
                () -> 1,
                Clock.systemUTC(),
                BusyDispatcher.ANSWER.multipliedBy(4));
        List<String> tasks = IntStream.range(0, 10).mapToObj(i -> "t" + i).toList();

        tasks.forEach(task -> intake.accept(frame(Assignment.of(task).execution(task)), asked::incrementAndGet));

        await().atMost(Duration.ofSeconds(60)).until(() -> submitted.size() == tasks.size());
        assertThat(submitted).isEqualTo(tasks);
        assertThat(post.ask(Outbox::next)).as("a rejection").isEmpty();
    }

    @Test
    void aCancellationThatIsStuckHoldsUpNoOtherTask() throws InterruptedException {
        StubbornDispatcher dispatcher = new StubbornDispatcher();
        Intake intake = intake(dispatcher, Clock.systemUTC());
        intake.accept(cancellation("t"), asked::incrementAndGet);
        intake.accept(frame(Assignment.of("t").execution("follow-up")), asked::incrementAndGet);
        intake.accept(frame(Assignment.of("u").execution("other")), asked::incrementAndGet);

        await().until(() -> dispatcher.submitted.equals(List.of("other")));
        intake.stop();
    }

    @Test
    void rejectsWhatWaitedTooLongBehindACancellation() {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
        StubbornDispatcher dispatcher = new StubbornDispatcher();
        Intake intake = intake(dispatcher, now::get);
        intake.accept(cancellation("t"), asked::incrementAndGet);
        intake.accept(frame(Assignment.of("t").execution("follow-up")), asked::incrementAndGet);
        now.set(Instant.EPOCH.plusSeconds(5));
        dispatcher.takesCancellations = true;

        await().until(() -> post.ask(Outbox::next)
                .map(Outgoing::notice)
                .equals(Optional.of(new Notice.Rejected("t", "worker is temporarily unavailable"))));
        assertThat(dispatcher.submitted).isEmpty();
    }

    private Intake intake(Dispatcher dispatcher, InstantSource time) {
        return new Intake(
                dispatcher,
                post,
                new AgentDefaults("", Optional.empty(), Optional.empty()),
                new Traces(OpenTelemetry.noop().getTracer("test")),
                () -> 1,
                time);
    }

    private Intake intake(Error error) {
        return intake(new FailingDispatcher(error), Clock.systemUTC());
    }

    private static RawFrame frame(Assignment assignment) {
        return frame("{\"type\":\"task_assignment\",\"data\":" + assignment.toJson() + "}");
    }

    private static RawFrame cancellation(String taskId) {
        return frame("{\"type\":\"task_cancellation\",\"data\":{\"task_id\":\"" + taskId + "\"}}");
    }

    private static RawFrame frame(String text) {
        byte[] json = text.getBytes(StandardCharsets.UTF_8);
        return new RawFrame(json.length, new ByteArrayInputStream(json));
    }

    /** Takes its time for every answer. */
    private record BusyDispatcher(List<String> submitted) implements Dispatcher {
        static final Duration ANSWER = Duration.ofMillis(200);

        @Override
        public ConnectorSync.Answer sync(ConnectorSync sync) {
            return new ConnectorSync.Answer(List.of(), List.of());
        }

        @Override
        public TaskSubmission.Taken submit(TaskSubmission submission) {
            LockSupport.parkNanos(ANSWER.toNanos());
            submitted.add(submission.executionId());
            return TaskSubmission.Taken.QUEUED;
        }

        @Override
        public int cancel(String taskId) {
            return 0;
        }
    }

    /** Takes submissions, but cancellations only when told to. */
    private static final class StubbornDispatcher implements Dispatcher {
        final List<String> submitted = new CopyOnWriteArrayList<>();
        volatile boolean takesCancellations;

        @Override
        public ConnectorSync.Answer sync(ConnectorSync sync) {
            return new ConnectorSync.Answer(List.of(), List.of());
        }

        @Override
        public TaskSubmission.Taken submit(TaskSubmission submission) {
            submitted.add(submission.executionId());
            return TaskSubmission.Taken.QUEUED;
        }

        @Override
        public int cancel(String taskId) throws Refusal {
            if (!takesCancellations) {
                throw new Refusal(503, "the disk is full");
            }
            return 1;
        }
    }

    private record FailingDispatcher(Error error) implements Dispatcher {
        @Override
        public ConnectorSync.Answer sync(ConnectorSync sync) {
            throw error;
        }

        @Override
        public TaskSubmission.Taken submit(TaskSubmission submission) {
            throw error;
        }

        @Override
        public int cancel(String taskId) {
            throw error;
        }
    }
}
