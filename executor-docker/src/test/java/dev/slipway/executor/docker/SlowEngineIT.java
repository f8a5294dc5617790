package dev.slipway.executor.docker;

import static dev.slipway.executor.testkit.Watching.PATIENCE;
import static dev.slipway.executor.testkit.Watching.awaitEnd;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.FailureReason;
import dev.slipway.settings.DockerRules;
import dev.slipway.testkit.DockerEngine;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A real engine that takes longer than it may: one clear failure each, and nothing of it is left. */
@ExtendWith(TestEngine.class)
class SlowEngineIT {
    private static final String EXECUTOR = "executor-slow";
    private static final RunId RUN = new RunId("0b9c3f8e-2f0a-4f13-8f65-54a0a1e6d2b7", new ExecutionKey("slow", 1));
    private static final Engine.Patience SHORT = new Engine.Patience(Duration.ofSeconds(10), Duration.ofSeconds(2));

    private final DockerEngine engine;

    SlowEngineIT(DockerEngine engine) {
        this.engine = engine;
    }

    @Test
    void aContainerThatIsMadeOnlyAfterItWasGivenUpGoes() throws Exception {
        try (SlowEngine slow = new SlowEngine(engine.socket(), "POST /containers/create");
                DockerBackend backend = open(slow)) {
            failsHalfWay(backend, "has not answered POST /containers/create within 2 s");
            backend.forget(RUN);

            slow.release();

            await().atMost(PATIENCE).until(() -> left("ps", "-aq").size() == 1);
            backend.tidy();
            assertNothingIsLeft();
        }
    }

    @Test
    void aClaimThatIsMadeOnlyAfterItWasGivenUpGoes() throws Exception {
        try (SlowEngine slow = new SlowEngine(engine.socket(), "POST /volumes/create");
                DockerBackend backend = open(slow)) {
            assertThatThrownBy(() -> backend.start(RUN, TestEngine.task("echo begun"), _ -> {}))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("has not answered POST /volumes/create within 2 s");
            assertThatThrownBy(() -> backend.revoke(RUN)).isInstanceOf(IOException.class);

            slow.release();

            await().atMost(PATIENCE).until(() -> left("volume", "ls", "-q").size() == 1);
            await().atMost(PATIENCE).until(() -> slow.let() >= 2);
            assertThat(backend.revoke(RUN)).isTrue();
            assertThat(awaitEnd(backend, RUN).ending())
                    .isInstanceOfSatisfying(
                            Ending.NotStarted.class,
                            never -> assertThat(never.isTransient()).isTrue());
            backend.forget(RUN);
            backend.tidy();
            assertNothingIsLeft();
        }
    }

    @Test
    void aStartThatIsNotAnsweredIsTakenAway() throws Exception {
        try (SlowEngine slow = new SlowEngine(engine.socket(), "POST /containers/[^/]+/start");
                DockerBackend backend = open(slow)) {
            failsHalfWay(backend, "/start within 2 s");

            slow.release();

            await().atMost(PATIENCE).until(() -> slow.let() == 1);
            assertThat(awaitEnd(backend, RUN).ending()).isInstanceOf(Ending.NotStarted.class);
            backend.forget(RUN);
            assertNothingIsLeft();
        }
    }

    @Test
    void aPullThatIsNotAnsweredIsGivenUpWhenTheOperatorSaysSo() throws Exception {
        try (SlowEngine slow = new SlowEngine(engine.socket(), "POST /images/create");
                DockerBackend backend =
                        open(slow, TestEngine.rules(DockerRules.PullPolicy.MISSING, Duration.ofSeconds(1)))) {
            StartFailure failure =
                    TestEngine.failedStart(backend, RUN, TestEngine.task("127.0.0.1:1/none:1", Map.of(), "true"));

            assertThat(failure.ending().reason()).isEqualTo(FailureReason.IMAGE_PULL);
            assertThat(failure.ending().isTransient()).isTrue();
            assertThat(failure).hasMessageContaining("made no progress for 1 s");
            assertNothingIsLeft();
        }
    }

    @Test
    void aStopDoesNotWaitForAContainerThatIsBeingMade() throws Exception {
        try (SlowEngine slow = new SlowEngine(engine.socket(), "POST /containers/create");
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                DockerBackend backend = TestEngine.backend(
                        slow.host(), EXECUTOR, 2, TestEngine.config(TestEngine.localImages()), Engine.Patience.USUAL)) {
            Future<StartFailure> start =
                    threads.submit(() -> TestEngine.failedStart(backend, RUN, TestEngine.task("echo begun")));
            await().atMost(PATIENCE).until(() -> slow.held() == 1);

            assertThat(backend.stop(RUN, Duration.ofSeconds(10))).isTrue();

            assertThat(start.get().ending().reason()).isEqualTo(FailureReason.TASK_CANCELLED);
            assertThat(awaitEnd(backend, RUN).ending())
                    .isInstanceOfSatisfying(
                            Ending.NotStarted.class,
                            never -> assertThat(never.reason()).isEqualTo(FailureReason.TASK_CANCELLED));
            backend.forget(RUN);
            slow.release();
            await().atMost(PATIENCE).until(() -> left("ps", "-aq").size() == 1);
            backend.tidy();
            assertNothingIsLeft();
        }
    }

    private static void failsHalfWay(DockerBackend backend, String words) throws IOException {
        assertThatThrownBy(() -> backend.start(RUN, TestEngine.task("echo begun"), _ -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(words);
        assertThat(backend.revoke(RUN)).isTrue();
        assertThat(awaitEnd(backend, RUN).ending())
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.isTransient()).isTrue());
    }

    private void assertNothingIsLeft() throws IOException {
        assertThat(left("ps", "-aq")).isEmpty();
        assertThat(left("volume", "ls", "-q")).isEmpty();
    }

    private List<String> left(String... list) throws IOException {
        String[] command = new String[list.length + 2];
        System.arraycopy(list, 0, command, 0, list.length);
        command[list.length] = "--filter";
        command[list.length + 1] = "label=" + Names.EXECUTOR + "=" + EXECUTOR;
        return engine.docker(command).lines().toList();
    }

    private static DockerBackend open(SlowEngine slow) throws Exception {
        return open(slow, TestEngine.localImages());
    }

    private static DockerBackend open(SlowEngine slow, DockerRules rules) throws Exception {
        return TestEngine.backend(slow.host(), EXECUTOR, 2, TestEngine.config(rules), SHORT);
    }
}
