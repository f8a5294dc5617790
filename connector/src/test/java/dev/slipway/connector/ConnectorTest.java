package dev.slipway.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.protocol.FailureReason;
import dev.slipway.protocol.Outcome;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.testkit.Assignment;
import dev.slipway.testkit.FakeControlPlane;
import dev.slipway.testkit.Received;
import io.opentelemetry.api.trace.Tracer;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.awaitility.Awaitility;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.hamcrest.Matchers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The connector between a control plane and a dispatcher, over real sockets on both sides. */
@QuarkusTest
class ConnectorTest {
    @Inject
    Tracer tracer;

    private FakeControlPlane controlPlane;
    private StubDispatcher dispatcher;
    private Connector connector;

    @BeforeEach
    void setUp() throws IOException {
        controlPlane = FakeControlPlane.start();
        dispatcher = new StubDispatcher();
        connector = connector(config(Optional.of("worker-1")), Map.of("WARP_API_KEY", "key-canary"));
    }

    @AfterEach
    void tearDown() throws InterruptedException {
        connector.stop();
        dispatcher.close();
        controlPlane.close();
    }

    @Test
    void carriesATaskFromItsAssignmentToItsConfirmedResult() {
        connect();
        controlPlane.assign(Assignment.of("t").execution("e").env("TOKEN", "secret"));
        dispatcher.awaitClaimWritten("e");
        assertThat(controlPlane.awaitClaim("t").text("worker_id")).contains("worker-1");
        dispatcher.end("e", new Outcome.Succeeded());

        assertThat(controlPlane.awaitCompleted("t").text("message")).contains("Task completed successfully");
        dispatcher.awaitEmptyOutbox();
        assertThat(controlPlane.received("t"))
                .extracting(Received::type)
                .containsExactly("task_claimed", "task_completed");
    }

    @Test
    void translatesAssignmentsForTheDispatcher() {
        connect();
        controlPlane.assign(Assignment.of("t").env("TOKEN", "secret").harness("codex"));

        var submission = dispatcher.submission("t");
        assertThat(submission.namedExecution()).isFalse();
        assertThat(submission.spec().env()).containsEntry("TOKEN", SecretValue.of("secret"));
        assertThat(submission.spec().traceparent().orElseThrow())
                .matches("00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-0[01]");
        assertThat(submission.spec().program())
                .isInstanceOfSatisfying(
                        Program.Agent.class,
                        agent -> assertThat(agent.args())
                                .contains("--server-root-url", "https://root")
                                .containsSubsequence("--harness", "codex"));
    }

    @Test
    void introducesItselfWithWorkerIdAndKey() {
        connect();

        var handshake = controlPlane.handshakes().getFirst();
        assertThat(handshake.parameters()).containsEntry("worker_id", "worker-1");
        assertThat(handshake.header("Authorization")).contains("Bearer key-canary");
        assertThat(dispatcher.authorizations()).containsOnly("Bearer token-canary");
    }

    @Test
    void claimsNothingThatTheDispatcherHasNotStored() {
        connect();
        dispatcher.silent(true);
        controlPlane.assign(Assignment.of("t").execution("e"));

        controlPlane.awaitRejection("t");
        assertThat(controlPlane.received("t")).extracting(Received::type).containsExactly("task_rejected");
    }

    @Test
    void writesAResultAgainThatNoPongFollowed() {
        connect();
        controlPlane.assign(Assignment.of("t").execution("e"));
        dispatcher.awaitClaimWritten("e");
        controlPlane.deaf(true);
        dispatcher.end("e", failed(7));
        controlPlane.awaitFailed("t");
        controlPlane.cut();
        controlPlane.deaf(false);

        Received again = controlPlane
                .await("the result again", 2, frame -> frame.type().equals("task_failed"))
                .getLast();
        assertThat(again.connection()).isEqualTo(2);
        assertThat(again.exitCode()).hasValue(7);
        dispatcher.awaitEmptyOutbox();
    }

    @Test
    void deliversResultsOfWhichThePeerReadNothing() {
        connect();
        controlPlane.assign(Assignment.of("t").execution("e"));
        dispatcher.awaitClaimWritten("e");
        controlPlane.stopReading();
        dispatcher.end("e", new Outcome.Failed(FailureReason.UNKNOWN, "x".repeat(8 << 20), OptionalInt.empty()));
        // Its buffers are full: only the write's own deadline ends this connection.
        Awaitility.await().atMost(FakeControlPlane.PATIENCE).until(() -> controlPlane.connections() == 2);
        controlPlane.resumeReading();

        assertThat(controlPlane.awaitFailed("t").connection()).isEqualTo(2);
        dispatcher.awaitEmptyOutbox();
    }

    @Test
    void leavesAPeerThatAnswersNoPings() {
        connect();
        controlPlane.deaf(true);
        controlPlane.ping("the peer's own pings are no sign of life");

        controlPlane.awaitConnection(2);
    }

    @Test
    void noticesAHalfClosedConnection() {
        connect();
        controlPlane.halfClose();

        controlPlane.awaitConnection(2);
    }

    @Test
    void takesOverWhatComesInFragmentsAndBinaryFrames() {
        controlPlane.fragment(5);
        controlPlane.binaryFrames(true);
        connect();
        controlPlane.assign(Assignment.of("t").execution("e").title("größer"));

        assertThat(dispatcher.submission("e").title()).contains("größer");
    }

    @Test
    void readsOnAfterFramesThatMeanNothing() {
        connect();
        controlPlane.sendRaw("no json");
        controlPlane.sendRaw("{\"type\":\"news\"}");
        controlPlane.assign(Assignment.of("broken").with("env_vars", 7));
        controlPlane.assign(Assignment.of("without").execution("e0").without("task"));
        controlPlane.assign(Assignment.of("t").execution("e"));

        controlPlane.awaitClaim("t");
        assertThat(controlPlane.awaitFailed("without").failureReason()).contains("unknown");
        assertThat(controlPlane.received("broken")).isEmpty();
    }

    @Test
    void rejectsWhatTheDispatcherHasNoRoomFor() {
        connect();
        dispatcher.refuseSubmissions(429, "worker at maximum concurrency");
        controlPlane.assign(Assignment.of("t").execution("e"));

        assertThat(controlPlane.awaitRejection("t").text("reason")).contains("worker at maximum concurrency");
    }

    @Test
    void failsWhatTheDispatcherCanNeverTake() {
        connect();
        dispatcher.refuseSubmissions(413, "an argument is too long");
        controlPlane.assign(Assignment.of("t").execution("e"));

        Received failed = controlPlane.awaitFailed("t");
        assertThat(failed.failureReason()).contains("unknown");
        assertThat(failed.text("message")).contains("Failed to execute task: an argument is too long");
    }

    @Test
    void neverClaimsWhatItRejectedForWantOfAnAnswer() {
        connect();
        dispatcher.silent(true);
        controlPlane.assign(Assignment.of("t").execution("e"));
        controlPlane.awaitRejection("t");
        dispatcher.silent(false);

        dispatcher.awaitDeclined("e");
        assertThat(controlPlane.received("t")).extracting(Received::type).containsExactly("task_rejected");
    }

    @Test
    void rejectsNothingThatTheDispatcherShowsToHaveThoughItsAnswerWasLost() {
        connect();
        dispatcher.losesAnswersToSubmissions(true);
        controlPlane.assign(Assignment.of("t").execution("e"));
        dispatcher.awaitClaimWritten("e");
        dispatcher.end("e", new Outcome.Cancelled());

        assertThat(controlPlane.awaitResult("t").isCancelled()).isTrue();
        assertThat(controlPlane.received("t"))
                .extracting(Received::type)
                .containsExactly("task_claimed", "task_completed");
    }

    @Test
    void handsCancellationsOnInTheOrderOfTheirTask() {
        connect();
        controlPlane.assign(Assignment.of("a/b c").execution("e"));
        controlPlane.cancel("a/b c");

        dispatcher.awaitCancelled("a/b c");
        assertThat(dispatcher.isSubmitted("e")).isTrue();
    }

    @Test
    void answersAnAssignmentThatComesAgainAsBefore() {
        connect();
        controlPlane.assign(Assignment.of("t").execution("e"));
        dispatcher.awaitClaimWritten("e");
        controlPlane.assign(Assignment.of("t").execution("e"));
        controlPlane.await("the claim again", 2, frame -> frame.is("task_claimed", "t"));
        dispatcher.end("e", failed(7));
        controlPlane.awaitFailed("t");
        controlPlane.assign(Assignment.of("t").execution("e"));

        var results = controlPlane.await("the result again", 2, frame -> frame.is("task_failed", "t"));
        assertThat(results.getLast().data()).isEqualTo(results.getFirst().data());
    }

    @Test
    void saysNothingOfCancelledTasksThatAreUnknownOrHaveEnded() {
        connect();
        controlPlane.assign(Assignment.of("t").execution("e"));
        dispatcher.awaitClaimWritten("e");
        dispatcher.end("e", new Outcome.Succeeded());
        controlPlane.awaitCompleted("t");
        controlPlane.cancel("t");
        controlPlane.cancel("nobody");
        dispatcher.awaitCancelled("t");
        dispatcher.awaitCancelled("nobody");
        dispatcher.awaitEmptyOutbox();

        assertThat(controlPlane.received())
                .extracting(Received::type)
                .containsExactly("task_claimed", "task_completed");
    }

    @Test
    void isConnectedOnlyWhileTheDispatcherAnswers() {
        connect();
        dispatcher.silent(true);
        controlPlane.await("the goodbye", () -> controlPlane.closeCode().orElse(0) == 1000);
        Awaitility.await().until(() -> !connector.isConnected());
        dispatcher.silent(false);

        controlPlane.awaitConnection(2);
        dispatcher.awaitConnected(true);
    }

    @Test
    void dialsAgainAfterARefusedHandshake() {
        controlPlane.refuseHandshakes(401);
        connector.start();
        controlPlane.awaitHandshakes(1);
        controlPlane.acceptHandshakes();

        controlPlane.awaitConnection(1);
    }

    @Test
    void endsWithTheFramesThatAreReadyAndAGoodbye() throws InterruptedException {
        connect();
        controlPlane.assign(Assignment.of("t").execution("e"));
        dispatcher.awaitClaimWritten("e");
        dispatcher.end("e", new Outcome.Succeeded());
        controlPlane.awaitCompleted("t");
        connector.stop();

        dispatcher.awaitEmptyOutbox();
        dispatcher.awaitConnected(false);
        assertThat(controlPlane.closeCode()).hasValue(1000);
        assertThat(connector.isConnected()).isFalse();
    }

    @Test
    void saysInASentenceWhatIsMissing() {
        Map<String, String> key = Map.of("WARP_API_KEY", "k");

        assertThatThrownBy(() -> connector(config(Optional.empty()), key).start())
                .isInstanceOf(Misconfigured.class)
                .hasMessage("worker-id is required (via --worker-id flag or config file)");
        assertThatThrownBy(() -> connector(config(Optional.of("warp-1")), key).start())
                .isInstanceOf(Misconfigured.class)
                .hasMessage("invalid worker-id: values starting with 'warp' are reserved and cannot be used");
        assertThatThrownBy(() -> connector(config(Optional.of("w")), Map.of()).start())
                .isInstanceOf(Misconfigured.class)
                .hasMessageContaining("WARP_API_KEY");
    }

    @ParameterizedTest
    @ValueSource(strings = {"key-\u0001canary", "key\ncanary", "key-canary-\u00e9", "\u201ckey-canary\u201d", " \n\t"})
    void neitherSendsNorShowsAKeyThatFitsInNoHeader(String key) {
        assertThatThrownBy(() -> connector(config(Optional.of("w")), Map.of("WARP_API_KEY", key))
                        .start())
                .isInstanceOf(Misconfigured.class)
                .hasMessageContaining("WARP_API_KEY")
                .hasMessageNotContaining("canary");
        assertThat(controlPlane.handshakes()).isEmpty();
    }

    @Test
    void sendsAKeyWithoutTheBlanksAroundIt() {
        connector = connector(config(Optional.of("worker-1")), Map.of("WARP_API_KEY", " key-canary\r\n"));
        connect();

        assertThat(controlPlane.handshakes().getFirst().header("Authorization")).contains("Bearer key-canary");
    }

    @Test
    void rejectsWhatTheDispatcherRefusesInWordsThatAreNoWords() {
        connect();
        dispatcher.refuseSubmissions(503, "");
        dispatcher.garblesRefusals(true);
        controlPlane.assign(Assignment.of("t").execution("e"));

        assertThat(controlPlane.awaitRejection("t").text("reason"))
                .contains("the dispatcher answered with HTTP status 503");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "oz.test", "https://oz.test/ws", "wss:oz", "wss://user:canary@oz.test/ws", "wss://o z"})
    void refusesWhatIsNoWebSocketUrl(String url) {
        TestConfig config = config(Optional.of("w")).withUrl(url);

        assertThatThrownBy(() -> connector(config, Map.of("WARP_API_KEY", "k")).start())
                .isInstanceOf(Misconfigured.class)
                .hasMessageContaining("--web-socket-url")
                .hasMessageNotContaining("canary");
    }

    @Test
    void saysInASentenceWhatIsWrongWithTheWayOut() {
        TestConfig config = config(Optional.of("w")).withUrl("wss://oz.test");
        Map<String, String> socks = Map.of("WARP_API_KEY", "k", "HTTPS_PROXY", "socks5://canary@proxy.test:1");

        assertThatThrownBy(() -> connector(config, socks).start())
                .isInstanceOf(Misconfigured.class)
                .hasMessageContaining("HTTPS_PROXY")
                .hasMessageNotContaining("canary");
    }

    @Test
    void livesBeforeItIsReady() {
        RestAssured.get("/health/live").then().statusCode(200);
        RestAssured.get("/health/ready")
                .then()
                .statusCode(503)
                .body("checks[0].data.dispatcher", Matchers.equalTo("does not answer"));
        RestAssured.get("/metrics").then().statusCode(200);
    }

    @Test
    void isReadyWhileItIsConnectedToBothSides() {
        ConnectedCheck check = new ConnectedCheck(connector);
        connect();
        Awaitility.await().until(() -> check.call().getStatus().equals(Status.UP));
        controlPlane.refuseHandshakes(503);
        controlPlane.cut();

        Awaitility.await().until(() -> check.call().getStatus().equals(Status.DOWN));
    }

    private void connect() {
        connector.start();
        controlPlane.awaitConnection(1);
        dispatcher.awaitConnected(true);
    }

    private static Outcome failed(int exitCode) {
        return new Outcome.Failed(FailureReason.AGENT_INVOCATION, "exit code " + exitCode, OptionalInt.of(exitCode));
    }

    private Connector connector(ConnectorConfig config, Map<String, String> environment) {
        return new Connector(
                config, name -> Optional.ofNullable(environment.get(name)).map(SecretValue::of), tracer);
    }

    private TestConfig config(Optional<String> workerId) {
        return new TestConfig(
                Optional.of(SecretValue.of("token-canary")),
                dispatcher.url(),
                Optional.empty(),
                workerId,
                Optional.empty(),
                controlPlane.uri().toString(),
                Optional.of("https://root"),
                Optional.empty(),
                new TestLink(
                        Duration.ofMillis(200),
                        Duration.ofSeconds(3),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(7)));
    }

    private record TestConfig(
            Optional<SecretValue> internalToken,
            URI dispatcherUrl,
            Optional<Path> settingsFile,
            Optional<String> workerId,
            Optional<String> connectorId,
            String webSocketUrl,
            Optional<String> serverRootUrl,
            Optional<String> sessionSharingServerUrl,
            Link controlPlane)
            implements ConnectorConfig {
        TestConfig withUrl(String url) {
            return new TestConfig(
                    internalToken,
                    dispatcherUrl,
                    settingsFile,
                    workerId,
                    connectorId,
                    url,
                    serverRootUrl,
                    sessionSharingServerUrl,
                    controlPlane);
        }
    }

    private record TestLink(
            Duration pingInterval,
            Duration deadAfter,
            Duration writeTimeout,
            Duration handshakeTimeout,
            Duration dispatcherAway)
            implements ConnectorConfig.Link {}
}
