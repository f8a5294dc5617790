package dev.slipway.executor.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.PreflightFailure;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.executor.core.Survivor;
import dev.slipway.executor.testkit.Watching;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many Jobs at once, and a cluster that is not always there. */
class ManyJobsTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    private Bench bench;

    @BeforeEach
    void begin() throws Exception {
        bench = new Bench();
    }

    @AfterEach
    void end() {
        bench.close();
    }

    @Test
    void twoHundredJobsInTwentySlotsWithWatchesCutAtRandomCostFewRequestsEach() throws Exception {
        int count = 200;
        KubernetesBackend backend = bench.open();
        Map<String, Integer> before = bench.cluster.requests();
        Semaphore slots = new Semaphore(20);
        AtomicBoolean over = new AtomicBoolean();
        Random random = new Random(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> cutter = threads.submit(() -> {
                while (!over.get()) {
                    TimeUnit.MILLISECONDS.sleep(random.nextInt(4_000));
                    bench.cluster.cutWatches();
                }
                return null;
            });
            List<Future<String>> ends = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int code = i % 7 == 0 ? 3 : 0;
                String execution = "many-%04d-%04d".formatted(i, i);
                ends.add(threads.submit(() -> {
                    slots.acquire();
                    try {
                        RunId run = Bench.run(execution);
                        TaskSpec task = bench.task("echo out; exit " + code);
                        again(() -> backend.start(run, task, _ -> {}));
                        Ending ending = Watching.awaitEnd(backend, run).ending();
                        String output = Watching.output(backend, run);
                        again(() -> backend.forget(run));
                        return PodVerdictsTest.words(ending) + " " + output.strip();
                    } finally {
                        slots.release();
                    }
                }));
            }
            try {
                for (int i = 0; i < count; i++) {
                    assertThat(ends.get(i).get())
                            .isEqualTo("exited %d container_exit out".formatted(i % 7 == 0 ? 3 : 0));
                }
            } finally {
                over.set(true);
            }
            cutter.get();
        }
        Map<String, Integer> after = bench.cluster.requests();
        assertThat(changes(before, after)).isLessThanOrEqualTo(2 * count);
        assertThat(made(before, after, "get pods/log")).isLessThanOrEqualTo(3 * count);
        assertThat(made(before, after, "get jobs")).isLessThanOrEqualTo(count / 10);
        assertThat(made(before, after, "list jobs"))
                .as("with every watch that is cut, not with every task")
                .isLessThanOrEqualTo(made(before, after, "watch jobs") + 1);
        assertThat(made(before, after, "list pods"))
                .as("and with what looks doomed")
                .isLessThanOrEqualTo(made(before, after, "watch pods") + 1 + count / 10);
        assertThat(made(before, after, "list events"))
                .as("one for all, now and then")
                .isLessThanOrEqualTo(count / 4);
        assertThat(bench.cluster.all("jobs")).as("only failed ones stay").hasSize((count + 6) / 7);
    }

    @FunctionalInterface
    private interface Wish {
        void ask() throws Exception;
    }

    /** As an executor does when nothing is known. */
    private static void again(Wish wish) throws Exception {
        for (int i = 0; i < 10; i++) {
            try {
                wish.ask();
                return;
            } catch (IOException e) {
                // the connection was cut
            }
        }
        wish.ask();
    }

    @Test
    void aStoppedTaskCostsSixChangesAtMost() throws Exception {
        KubernetesBackend backend = bench.open();
        Map<String, Integer> before = bench.cluster.requests();
        RunId run = bench.start(backend, "cost", bench.task("echo ready; sleep 60"));
        Watching.awaitOutput(backend, run, "ready");

        assertThat(backend.stop(run, Duration.ZERO)).isTrue();
        Watching.awaitEnd(backend, run);
        backend.forget(run);

        assertThat(changes(before, bench.cluster.requests())).isLessThanOrEqualTo(6);
        assertThat(bench.cluster.all("jobs")).isEmpty();
    }

    private static int changes(Map<String, Integer> before, Map<String, Integer> after) {
        return after.keySet().stream()
                .filter(call -> !call.matches("(get|list|watch) .*"))
                .mapToInt(call -> made(before, after, call))
                .sum();
    }

    private static int made(Map<String, Integer> before, Map<String, Integer> after, String call) {
        return after.getOrDefault(call, 0) - before.getOrDefault(call, 0);
    }

    @Test
    void anExecutorThatIsStartedAgainFindsEveryRunningJobAndMakesNoneTwice() throws Exception {
        int count = 50;
        KubernetesBackend first = bench.open();
        List<RunId> runs = new ArrayList<>();
        Path go = directory.resolve("go");
        for (int i = 0; i < count; i++) {
            runs.add(bench.start(
                    first,
                    "survivor-%03d-%03d".formatted(i, i),
                    bench.task("while [ ! -e " + go + " ]; do sleep 0.2; done; exit " + i)));
        }
        for (RunId run : runs) {
            await().atMost(PATIENCE).until(() -> first.observe(run, Duration.ZERO) instanceof Observed.Running);
        }
        first.close();
        int made = bench.cluster.requests().getOrDefault("create jobs", 0);

        KubernetesBackend second = bench.open();
        assertThat(second.survivors().stream().map(Survivor::run)).containsExactlyInAnyOrderElementsOf(runs);
        for (RunId run : runs) {
            assertThat(second.observe(run, Duration.ZERO)).isInstanceOf(Observed.Running.class);
            second.start(run, bench.task("exit 99"), _ -> {});
        }
        Files.createFile(go);

        for (int i = 0; i < count; i++) {
            assertThat(Watching.code(Watching.awaitEnd(second, runs.get(i)))).isEqualTo(i);
        }
        assertThat(bench.cluster.requests().getOrDefault("create jobs", 0))
                .as("but for the preflight's")
                .isEqualTo(made + 1);
    }

    @Test
    void aClusterThatIsAwayHarmsNoRunAndIsSaidToBe() throws Exception {
        KubernetesBackend backend = bench.open();
        Path go = directory.resolve("go");
        RunId run = bench.start(
                backend,
                "away",
                bench.task("echo before; while [ ! -e " + go + " ]; do sleep 0.1; done; echo after; exit 4"));
        Watching.awaitOutput(backend, run, "before");
        bench.cluster.goAway(true);

        assertThat(backend.observe(run, Duration.ofSeconds(2))).isInstanceOf(Observed.Running.class);
        assertThatThrownBy(() -> bench.start(backend, "not-now", bench.task("true")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot create Job");
        Files.createFile(go);
        bench.cluster.goAway(false);

        assertThat(Watching.code(Watching.awaitEnd(backend, run))).isEqualTo(4);
        assertThat(Watching.output(backend, run)).isEqualTo("before\nafter\n");
        assertThat(backend.trouble()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "create jobs",
                "get jobs",
                "list jobs",
                "watch jobs",
                "delete jobs",
                "get pods",
                "list pods",
                "watch pods",
                "get pods/log",
                "list events"
            })
    void oneRightTooFewIsNamed(String right) {
        bench.cluster.deny(right.split(" ", 2)[0], right.split(" ", 2)[1]);

        assertThatThrownBy(() -> bench.open())
                .isInstanceOf(PreflightFailure.class)
                .hasMessageContaining("in namespace agents this executor's account may not " + right + ": add that");
    }

    @Test
    void aNamespaceWithoutAnyRightIsSuspectedToBeTheWrongOne() {
        List.of("create", "get", "list", "watch", "delete").forEach(verb -> {
            bench.cluster.deny(verb, "jobs");
            bench.cluster.deny(verb, "pods");
        });
        bench.cluster.deny("get", "pods/log");
        bench.cluster.deny("list", "events");

        assertThatThrownBy(() -> bench.open())
                .isInstanceOf(PreflightFailure.class)
                .hasMessageContaining("in namespace agents this executor's account may do nothing")
                .hasMessageContaining("backend.kubernetes.namespace")
                .hasMessageContaining("RoleBinding");
    }

    @Test
    void secretsNeedARightOfTheirOwn() throws Exception {
        bench.cluster.deny("create", "secrets");

        assertThat(bench.open().trouble()).isEmpty();
        assertThatThrownBy(() -> bench.open(
                        "{backend: {kubernetes: {namespace: agents}}, slipway: {kubernetes: {env_as_secret: true}}}"))
                .isInstanceOf(PreflightFailure.class)
                .hasMessageContaining("may not create secrets");
    }

    @Test
    void aMissingNamespaceAndADeafServerAreSaidPlainly() throws Exception {
        bench.cluster.loseNamespace();
        assertThatThrownBy(() -> bench.open())
                .isInstanceOf(PreflightFailure.class)
                .hasMessageContaining("namespaces \"agents\" not found")
                .hasMessageContaining("see whether the namespace exists");

        assertThatThrownBy(() -> bench.make("backend: {kubernetes: {}}", "http://127.0.0.1:1")
                        .preflight())
                .isInstanceOf(PreflightFailure.class)
                .hasMessageContaining("http://127.0.0.1:1/ does not answer");
    }

    @Test
    void aServerThatCannotBeTrustedIsNotSaidToBeAway() throws Exception {
        try (ServerSocket plain = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> answerInTheClear(plain));
            String url = "https://127.0.0.1:" + plain.getLocalPort();

            assertThatThrownBy(
                            () -> bench.make("backend: {kubernetes: {}}", url).preflight())
                    .isInstanceOf(PreflightFailure.class)
                    .hasMessageContaining("no safe connection to the cluster at " + url)
                    .hasMessageContaining("certificate authority");
        }
    }

    private static void answerInTheClear(ServerSocket server) {
        try {
            while (true) {
                try (Socket client = server.accept()) {
                    client.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.UTF_8));
                }
            }
        } catch (IOException e) {
            // the test is over
        }
    }

    @Test
    void aNamespaceThatRefusesPodsFailsThePreflightUnlessItIsOnlyFull() throws Exception {
        bench.cluster.refusePods("violates PodSecurity \"restricted:latest\"");
        assertThatThrownBy(() -> bench.open())
                .isInstanceOf(PreflightFailure.class)
                .hasMessageContaining("violates PodSecurity \"restricted:latest\": see Pod Security");

        bench.cluster.refusePods("exceeded quota: small");
        assertThat(bench.make("backend: {kubernetes: {namespace: agents}}", bench.cluster.url())
                        .preflight())
                .singleElement()
                .asString()
                .contains("exceeded quota");
    }

    @Test
    void aTaskWhosePodIsRefusedFailsWithTheClustersWords() throws Exception {
        KubernetesBackend backend = bench.open("backend: {kubernetes: {namespace: agents, unschedulable_timeout: 2s}}");
        bench.cluster.refusePods("exceeded quota: small");
        RunId run = bench.start(backend, "refused", bench.task("true"));

        assertThat(Watching.awaitEnd(backend, run).ending()).isInstanceOfSatisfying(Ending.NotStarted.class, never -> {
            assertThat(never.reason()).isEqualTo(Cause.POD_REFUSED.reason());
            assertThat(never.isTransient()).isTrue();
            assertThat(never.message()).contains("exceeded quota: small");
        });
        assertThat(bench.cluster.all("jobs"))
                .allMatch(job -> job.at("/spec/parallelism").asInt() == 0);
    }

    @Test
    void anotherExecutionWithTheSameEndGetsALongerName() throws Exception {
        KubernetesBackend backend = bench.open();
        var task = bench.task("echo $OZ_RUN_ID; exit 1");
        RunId one = bench.start(backend, "a-12345678", task);
        RunId other = bench.start(backend, "b-12345678", task);

        assertThat(Watching.code(Watching.awaitEnd(backend, one))).isEqualTo(1);
        assertThat(Watching.code(Watching.awaitEnd(backend, other))).isEqualTo(1);
        assertThat(bench.cluster.all("jobs"))
                .extracting(job -> job.at("/metadata/name").asText())
                .containsExactlyInAnyOrderElementsOf(List.of(
                        Names.ofJob(task.taskId(), one.key()).getFirst(),
                        Names.ofJob(task.taskId(), other.key()).getLast()));
        assertThatThrownBy(() ->
                        backend.start(new RunId("another-ledger", new ExecutionKey("a-12345678", 1)), task, _ -> {}))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("one of the same execution");
    }

    @Test
    void whatSomebodyElseDeletesIsSaidToBeDeleted() throws Exception {
        KubernetesBackend backend = bench.open();
        RunId run = bench.start(
                backend, "deleted", bench.task("trap 'exit 0' TERM; echo ready; while :; do sleep 0.1; done"));
        Watching.awaitOutput(backend, run, "ready");

        bench.cluster.deleteJob(Names.ofJob("task-1", run.key()).getFirst(), "Background");

        assertThat(Watching.awaitEnd(backend, run).ending())
                .isInstanceOfSatisfying(
                        Ending.Lost.class,
                        lost -> assertThat(lost.message())
                                .contains("when somebody had it deleted", "look for who did"));
    }

    @Test
    void aStoppedRunsEndIsKnownToTheNextProcess() throws Exception {
        KubernetesBackend first = bench.open();
        RunId run = bench.start(
                first, "stopped", bench.task("trap 'exit 7' TERM; echo ready; while :; do sleep 0.1; done"));
        Watching.awaitOutput(first, run, "ready");
        assertThat(first.stop(run, Duration.ofSeconds(5))).isTrue();
        Observed.Ended end = Watching.awaitEnd(first, run);
        first.close();

        KubernetesBackend second = bench.open();
        assertThat(second.survivors().stream().map(Survivor::run)).contains(run);
        assertThat(second.observe(run, Duration.ZERO)).isEqualTo(end);
        assertThat(PodVerdictsTest.words(end.ending())).isEqualTo("exited 7 container_exit stopped");
        assertThat(second.revoke(run)).isFalse();
        second.forget(run);
        assertThat(bench.cluster.all("jobs")).isEmpty();
    }

    @Test
    void valuesInASecretReachTheTaskAndNoJob() throws Exception {
        KubernetesBackend backend = bench.open(
                "{backend: {kubernetes: {namespace: agents}}, slipway: {kubernetes: {env_as_secret: true}}}");
        RunId run = bench.start(
                backend,
                "secret",
                bench.task("echo $KEY", Optional.empty(), Map.of("KEY", SecretValue.of("canary-7f3a $(KEY)"))));
        Watching.awaitEnd(backend, run);

        assertThat(Watching.output(backend, run)).isEqualTo("canary-7f3a $(KEY)\n");
        assertThat(bench.cluster.all("jobs").toString()).doesNotContain("canary-7f3a");
        backend.forget(run);
        assertThat(bench.cluster.all("secrets")).isEmpty();
    }

    @Test
    void aJobThatNoClusterTakesIsRefusedInWords() throws Exception {
        KubernetesBackend backend = bench.open();

        assertThatThrownBy(() -> bench.start(
                        backend,
                        "large",
                        bench.task("true", Optional.empty(), Map.of("LARGE", SecretValue.of("x".repeat(1 << 20))))))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("slipway.kubernetes.env_as_secret");
    }

    @Test
    void setupAndTeardownRunAroundTheAgentOnce() throws Exception {
        KubernetesBackend backend = bench.open("""
                backend:
                  kubernetes: {namespace: agents, setup_command: 'echo setup of $OZ_RUN_ID', teardown_command: 'echo teardown'}
                """);
        RunId run = bench.start(backend, "around", bench.task("echo agent; exit 5"));

        assertThat(Watching.code(Watching.awaitEnd(backend, run))).isEqualTo(5);
        assertThat(Watching.output(backend, run)).startsWith("agent\n");
        KubernetesBackend failing =
                bench.open("backend: {kubernetes: {namespace: agents, setup_command: 'echo broken; exit 6'}}");
        RunId never = bench.start(failing, "broken", bench.task("echo agent"));
        assertThat(Watching.awaitEnd(failing, never).ending())
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        end -> assertThat(end.message()).contains("init container setup exited with code 6"));
        assertThat(Watching.output(failing, never)).isEqualTo("broken\n");
    }
}
