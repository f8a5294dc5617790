package dev.slipway.connector.dispatcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.connector.link.LinkState;
import dev.slipway.connector.outbox.Post;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.TaskSubmission;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SyncLoopTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final LinkState APART = new LinkState(false, 0, 0);

    private final InstantSource time = Clock.systemUTC();
    private final FakeDispatcher dispatcher = new FakeDispatcher();
    private final SyncLoop loop = new SyncLoop(dispatcher, new Post(), () -> APART, new Presence(time), time);

    @AfterEach
    void stop() throws InterruptedException {
        loop.stop();
    }

    @Test
    void callsAgainAfterACallThatFailedUnexpectedly() {
        dispatcher.failUnexpectedly = true;
        loop.start();
        await().atMost(PATIENCE).until(() -> dispatcher.calls.size() > 1);
        dispatcher.failUnexpectedly = false;

        await().atMost(PATIENCE).until(() -> !dispatcher.accepted.isEmpty());
    }

    @Test
    void overtakesAnEarlierProcessWhoseClockWasAhead() {
        dispatcher.known = time.millis() + Duration.ofHours(2).toMillis();
        loop.start();

        await().atMost(PATIENCE).until(() -> !dispatcher.accepted.isEmpty());
        assertThat(dispatcher.known).isEqualTo(dispatcher.accepted.getLast().incarnation());
    }

    @Test
    void givesWayToALaterProcess() {
        loop.start();
        await().atMost(PATIENCE).until(() -> !dispatcher.accepted.isEmpty());
        long mine = dispatcher.accepted.getLast().incarnation();
        dispatcher.known = mine + 1;
        int before = dispatcher.calls.size();
        await().atMost(PATIENCE).until(() -> dispatcher.calls.size() > before + 2);

        assertThat(dispatcher.calls).extracting(ConnectorSync::incarnation).containsOnly(mine);
    }

    /** Takes the reports of the latest incarnation only, and answers at once. */
    private static final class FakeDispatcher implements Dispatcher {
        final List<ConnectorSync> calls = new CopyOnWriteArrayList<>();
        final List<ConnectorSync> accepted = new CopyOnWriteArrayList<>();
        volatile boolean failUnexpectedly;
        volatile long known;

        @Override
        public ConnectorSync.Answer sync(ConnectorSync sync) throws Refusal {
            calls.add(sync);
            if (failUnexpectedly) {
                throw new IllegalStateException("wanted by the test");
            }
            if (sync.incarnation() < known) {
                throw new Refusal(409, "a newer sync was seen");
            }
            known = sync.incarnation();
            accepted.add(sync);
            return new ConnectorSync.Answer(List.of(), List.of());
        }

        @Override
        public TaskSubmission.Taken submit(TaskSubmission submission) {
            throw new AssertionError("nothing is submitted here");
        }

        @Override
        public int cancel(String taskId) {
            throw new AssertionError("nothing is cancelled here");
        }
    }
}
