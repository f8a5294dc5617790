package dev.slipway.executor.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.executor.core.LogSource;
import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.PreflightFailure;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.executor.core.Survivor;
import dev.slipway.executor.testkit.Watching;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An API server that is away, slow to tell or short of something at the worst moments, and executors that die at them. */
class FaultyClusterTest {
    private static final String SECRETS =
            "{backend: {kubernetes: {namespace: agents}}, slipway: {kubernetes: {env_as_secret: true}}}";
    private static final Duration PATIENCE = Duration.ofMinutes(1);

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

    // At most one start

    @Test
    void whatAProcessDeletedBeforeItDiedIsNotStartedAgain() throws Exception {
        KubernetesBackend first = bench.open();
        TaskSpec task = bench.task("trap 'exit 0' TERM; echo began; while :; do sleep 0.1; done");
        RunId run = bench.start(first, "died", task);
        Watching.awaitOutput(first, run, "began");
        bench.cluster.goAwayAfter("delete jobs");
        assertThatThrownBy(() -> first.stop(run, Duration.ZERO)).isInstanceOf(IOException.class);
        first.close();
        bench.cluster.goAway(false);
        awaitGone(Names.ofJob(task.taskId(), run.key()).getFirst());

        KubernetesBackend second = bench.open();
        second.start(run, task, _ -> {});

        assertThat(second.survivors().stream().map(Survivor::run)).containsExactly(run);
        assertThat(second.observe(run, Duration.ZERO))
                .isInstanceOfSatisfying(
                        Observed.Ended.class,
                        ended -> assertThat(ended.ending()).isInstanceOf(Ending.Lost.class));
        assertThat(podsOfTasks()).isEmpty();
        second.forget(run);
        assertThat(bench.cluster.all("jobs")).isEmpty();
    }

    @Test
    void aRevocationTakesEveryNameThatTheJobCouldHave() throws Exception {
        KubernetesBackend backend = bench.open();
        TaskSpec task = bench.task("true");
        RunId run = Bench.run("names-12345678");
        List<String> names = Names.ofJob(task.taskId(), run.key());
        bench.cluster.fail("create jobs", 500);
        assertThatThrownBy(() -> backend.start(run, task, _ -> {})).isInstanceOf(IOException.class);
        bench.cluster.fail("create jobs", 0);

        assertThat(revoked(backend, run)).isTrue();

        assertThat(names).allMatch(name -> bench.cluster.find("jobs", name).isPresent());
        backend.forget(run);
        assertThat(bench.cluster.all("jobs")).isEmpty();
    }

    @Test
    void aRunWhoseJobIsThereButWasNotSeenYetIsNotCalledRevoked() throws Exception {
        KubernetesBackend late = bench.open();
        KubernetesBackend early = bench.open();
        bench.cluster.goSilent();
        RunId run = bench.start(early, "unseen", bench.task("echo began; sleep 60"));
        Watching.awaitOutput(early, run, "began");

        assertThat(revoked(late, run)).isFalse();
        assertThat(late.observe(run, Duration.ZERO)).isInstanceOf(Observed.Running.class);
    }

    @Test
    void aStartThatFailedHalfWayIsToldAsThatByTheNextProcessToo() throws Exception {
        KubernetesBackend first = bench.open();
        TaskSpec task = bench.task("echo began");
        RunId run = Bench.run("half-way");
        bench.cluster.fail("create jobs", 500);
        assertThatThrownBy(() -> first.start(run, task, _ -> {})).isInstanceOf(IOException.class);
        bench.cluster.fail("create jobs", 0);
        assertThat(revoked(first, run)).isTrue();
        first.close();

        KubernetesBackend second = bench.open();
        second.start(run, task, _ -> {});

        assertThat(Watching.awaitEnd(second, run).ending()).isInstanceOfSatisfying(Ending.NotStarted.class, never -> {
            assertThat(never.reason()).isEqualTo(Cause.START_FAILED.reason());
            assertThat(never.isTransient()).isTrue();
        });
        assertThat(Watching.output(second, run)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"create jobs", "delete jobs"})
    void aCallWhoseConnectionIsClosedUnderItIsMadeAgain(String call) throws Exception {
        KubernetesBackend backend = bench.open();
        RunId run = Bench.run("closed-under-it");
        bench.cluster.hangUpOn(call);

        backend.start(run, bench.task("echo began; sleep 60"), _ -> {});
        Watching.awaitOutput(backend, run, "began");

        assertThat(backend.stop(run, Duration.ofSeconds(5))).isTrue();
    }

    @Test
    void aJobOfWhoseMakingNobodyHeardIsRevokedOrToldAsRunning() throws Exception {
        KubernetesBackend backend = bench.open();
        RunId run = Bench.run("unheard");
        bench.cluster.goAwayAfter("create jobs");
        assertThatThrownBy(() -> backend.start(run, bench.task("echo began; sleep 60"), _ -> {}))
                .isInstanceOf(IOException.class);
        bench.cluster.goAway(false);

        boolean isRevoked = revoked(backend, run);

        assertThat(backend.observe(run, Duration.ofSeconds(5)))
                .isInstanceOf(isRevoked ? Observed.Ended.class : Observed.Running.class);
    }

    @Test
    void anAgentThatARevocationEndedHasNotSucceeded() {
        Ending polite = Cause.CONTAINER_FAILED.exited(0, "exited with code 0", true);
        Ending own = Cause.CONTAINER_FAILED.exited(0, "exited with code 0", false);
        Ending revoked = Cause.STOPPED_BEFORE_START.notStarted("stopped");
        Ending image = Cause.POD_IMAGE_PULL.notStarted("no such image");

        assertThat(KubernetesBackend.abandoned(new Observed.Ended(polite, 1, 2)).ending())
                .isInstanceOf(Ending.Lost.class);
        assertThat(KubernetesBackend.abandoned(new Observed.Ended(own, 1, 2)).ending())
                .isEqualTo(own);
        assertThat(KubernetesBackend.abandoned(new Observed.Ended(revoked, 0, 2))
                        .ending())
                .isInstanceOfSatisfying(
                        Ending.NotStarted.class,
                        never -> assertThat(never.isTransient()).isTrue());
        assertThat(KubernetesBackend.abandoned(new Observed.Ended(image, 0, 2)).ending())
                .isEqualTo(image);
    }

    /** As an executor does. */
    private static boolean revoked(KubernetesBackend backend, RunId run) throws Exception {
        for (int i = 0; i < 20; i++) {
            try {
                return backend.revoke(run);
            } catch (IOException e) {
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }
        return backend.revoke(run);
    }

    /** A preflight's Pod takes its time to go. */
    private List<String> podsOfTasks() {
        return bench.cluster.all("pods").stream()
                .map(pod -> pod.at("/metadata/name").asText())
                .filter(name -> name.startsWith("oz-task-"))
                .toList();
    }

    private void awaitGone(String job) {
        await().atMost(PATIENCE).until(() -> bench.cluster.find("jobs", job).isEmpty());
    }

    // Stops

    @ParameterizedTest
    @ValueSource(strings = {"unschedulable", "missing-configmap-volume", "setup"})
    void aStopBeforeTheAgentStartsLeavesNothingThatCouldStartLater(String phase) throws Exception {
        boolean isSetup = phase.equals("setup");
        KubernetesBackend backend = bench.open("backend: {kubernetes: {namespace: agents, unschedulable_timeout: 0s%s}}"
                .formatted(isSetup ? ", setup_command: sleep 60" : ""));
        RunId run = bench.start(
                backend,
                phase,
                bench.task("echo began", isSetup ? Optional.empty() : Optional.of("recorded/" + phase), Map.of()));
        await().atMost(PATIENCE)
                .until(() -> bench.cluster.all("pods").stream()
                        .filter(pod -> pod.at("/metadata/name").asText().startsWith("oz-task-"))
                        .anyMatch(pod -> hasComeTo(phase, pod)));

        assertThat(backend.stop(run, Duration.ZERO)).isTrue();

        assertThat(podsOfTasks()).isEmpty();
        assertThat(PodVerdictsTest.words(Watching.awaitEnd(backend, run).ending()))
                .isEqualTo("never task_cancelled");
        assertThat(Watching.output(backend, run)).isEmpty();
    }

    private static boolean hasComeTo(String phase, ObjectNode pod) {
        return switch (phase) {
            case "unschedulable" -> pod.at("/status/conditions/0").isObject();
            case "setup" ->
                pod.at("/status/initContainerStatuses/0/state/running").isObject();
            default -> pod.at("/status/containerStatuses/0/state/waiting").isObject();
        };
    }

    // Looking on

    /** An API server that has just started knows no rights yet. */
    @Test
    void aStartThatTheClusterForbidsIsToBeTriedAgain() throws Exception {
        KubernetesBackend backend = bench.open();
        bench.cluster.deny("create", "jobs");

        assertThatThrownBy(() -> bench.start(backend, "forbidden", bench.task("true")))
                .isInstanceOfSatisfying(
                        StartFailure.class,
                        failure -> assertThat(failure.ending()).satisfies(never -> {
                            assertThat(never.isTransient()).isTrue();
                            assertThat(never.reason()).isEqualTo(Cause.JOB_FORBIDDEN.reason());
                            assertThat(never.message())
                                    .contains("\"agent\" cannot create resource \"jobs\"", "has just started");
                        }));
    }

    @Test
    void thatAnAgentHasStartedIsToldAtOnce() throws Exception {
        Path go = directory.resolve("go");
        KubernetesBackend backend = bench.open(
                "backend: {kubernetes: {namespace: agents, setup_command: 'while [ ! -e %s ]; do sleep 0.1; done'}}"
                        .formatted(go));
        RunId run = bench.start(backend, "news", bench.task("sleep 600"));
        await().atMost(PATIENCE)
                .until(() -> backend.observe(run, Duration.ZERO)
                        .equals(new Observed.Preparing("init container " + JobManifests.SETUP)));

        CompletableFuture<Observed> next = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                Observed observed = backend.observe(run, Duration.ofHours(1));
                while (observed instanceof Observed.Preparing) {
                    observed = backend.observe(run, Duration.ofHours(1));
                }
                next.complete(observed);
            } catch (IOException | RuntimeException e) {
                next.completeExceptionally(e);
            }
        });
        Files.createFile(go);

        assertThat(next.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isInstanceOf(Observed.Running.class);
    }

    // Others' Jobs

    @Test
    void aJobThatSomebodyElseMadeUnderTheSameNameIsLeftAlone() throws Exception {
        KubernetesBackend backend = bench.open();
        TaskSpec task = bench.task("exit 0");
        RunId run = bench.start(backend, "over", task);
        Watching.awaitEnd(backend, run);
        String name = Names.ofJob(task.taskId(), run.key()).getFirst();
        bench.cluster.goSilent();
        ObjectNode theirs = bench.cluster.find("jobs", name).orElseThrow();
        bench.cluster.deleteJob(name, "Background");
        theirs.withObject("/metadata").remove(List.of("annotations", "labels"));
        bench.cluster.add("jobs", theirs);

        backend.forget(run);

        assertThat(bench.cluster.find("jobs", name)).isPresent();
    }

    // Secrets

    @Test
    void aSecretThatIsRefusedFailsTheTaskWithTheClustersWordsAndLeavesNoJob() throws Exception {
        KubernetesBackend backend = bench.open(SECRETS);
        bench.cluster.deny("create", "secrets");
        TaskSpec task = bench.task("echo $KEY", Optional.empty(), Map.of("KEY", SecretValue.of("canary-1b2c")));
        RunId run = bench.start(backend, "no-secret", task);

        assertThat(Watching.awaitEnd(backend, run).ending()).isInstanceOfSatisfying(Ending.NotStarted.class, never -> {
            assertThat(never.reason()).isEqualTo(Cause.JOB_FORBIDDEN.reason());
            assertThat(never.message())
                    .contains("\"agent\" cannot create resource \"secrets\"")
                    .doesNotContain("canary");
        });
        assertThat(podsOfTasks()).isEmpty();
    }

    @Test
    void moreThanASecretHoldsIsRefusedBeforeAnythingIsMade() throws Exception {
        KubernetesBackend backend = bench.open(SECRETS);

        assertThatThrownBy(() -> bench.start(
                        backend,
                        "large",
                        bench.task(
                                "true", Optional.empty(), Map.of("LARGE", SecretValue.of("x".repeat((1 << 20) + 1))))))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("a Secret holds 1048576: pass large values in a file");
        assertThat(bench.cluster.all("jobs")).isEmpty();
    }

    // Records

    @Test
    void aRecordThatCannotBeReadIsNotWaitedForForEver() throws Exception {
        KubernetesBackend first = bench.open();
        RunId run = Bench.run("unreadable");
        assertThat(first.revoke(run)).isTrue();
        first.close();
        String record =
                bench.cluster.all("jobs").getFirst().at("/metadata/name").asText();
        bench.cluster.update(
                "jobs",
                record,
                object -> object.withObject("/metadata")
                        .withObject("/annotations")
                        .put(EndRecords.ANNOTATION, "{\"of\": \"a later version\"}"));

        KubernetesBackend second = bench.open();

        assertThat(Watching.awaitEnd(second, run).ending()).isInstanceOf(Ending.Lost.class);
    }

    // Output

    @Test
    void theOutputOfARunWhoseConnectionWentSilentIsWhole() throws Exception {
        KubernetesBackend backend = bench.open();
        Path go = directory.resolve("go");
        RunId run = bench.start(
                backend,
                "silent",
                bench.task("echo before; while [ ! -e " + go + " ]; do sleep 0.1; done; echo after"));
        Watching.awaitOutput(backend, run, "before");
        bench.cluster.goSilent();
        bench.cluster.cutWatches();
        Files.createFile(go);
        Watching.awaitEnd(backend, run);

        assertThat(Watching.output(backend, run)).isEqualTo("before\nafter\n");
    }

    /** The threads that read outputs are few: one that never rests keeps others from everything. */
    @Test
    void whoeverAsksForMoreOfAnOutputThatHasEndedWaits() throws Exception {
        KubernetesBackend backend = bench.open();
        RunId run = bench.start(backend, "over", bench.task("echo all"));
        Watching.awaitEnd(backend, run);
        CountDownLatch read = new CountDownLatch(1);
        CompletableFuture<LogSource.Chunk> more = new CompletableFuture<>();

        Thread reader = Thread.ofVirtual().start(() -> {
            try (LogSource logs = backend.logs(run, "")) {
                assertThat(logs.next(1 << 16, PATIENCE).bytes().length()).isEqualTo(4);
                read.countDown();
                more.complete(logs.next(1 << 16, Duration.ofHours(1)));
            } catch (IOException | RuntimeException e) {
                more.completeExceptionally(e);
            }
        });

        assertThat(read.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        await().during(Duration.ofSeconds(2)).atMost(PATIENCE).until(() -> !more.isDone());
        reader.interrupt();
        assertThat(more).failsWithin(PATIENCE);
    }

    @Test
    void outputThatCannotBeReadNowIsNotTakenForRead() throws Exception {
        KubernetesBackend backend = bench.open();
        bench.cluster.fail("get pods/log", 503);
        RunId run = bench.start(backend, "unread", bench.task("echo all"));
        Watching.awaitEnd(backend, run);

        try (LogSource logs = backend.logs(run, "")) {
            assertThatThrownBy(() -> logs.next(1 << 16, Duration.ZERO))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("cannot be read now")
                    .hasMessageContaining("503, no get pods/log now")
                    .hasMessageNotContaining("{");
        }
        bench.cluster.fail("get pods/log", 0);
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> Watching.output(backend, run).equals("all\n"));
    }

    // The view of the cluster

    @ParameterizedTest
    @ValueSource(strings = {"silent", "expired"})
    void aWatchThatIsSilentOrTooOldLosesNothing(String fault) throws Exception {
        KubernetesBackend backend = bench.open();
        Path go = directory.resolve("go");
        RunId run = bench.start(backend, fault, bench.task("while [ ! -e " + go + " ]; do sleep 0.1; done; exit 4"));
        if (fault.equals("silent")) {
            bench.cluster.goSilent();
        } else {
            bench.cluster.expireWatches(4);
            bench.cluster.cutWatches();
        }
        Files.createFile(go);

        Observed observed = backend.observe(run, Duration.ZERO);
        for (int i = 0; i < 12 && !(observed instanceof Observed.Ended); i++) {
            observed = backend.observe(run, Duration.ofSeconds(5));
        }

        assertThat(Watching.code((Observed.Ended) observed)).isEqualTo(4);
    }

    @Test
    void aClusterThatIsAwayForAMinuteIsSaidToBeAndHarmsNothing() throws Exception {
        KubernetesBackend backend = bench.open();
        Path go = directory.resolve("go");
        String script = "echo before; while [ ! -e " + go + " ]; do sleep 0.1; done; echo after; exit ";
        RunId ending = bench.start(backend, "minute-1", bench.task(script + 4));
        RunId stopped = bench.start(backend, "minute-2", bench.task("trap 'exit 7' TERM; " + script + 5));
        Watching.awaitOutput(backend, ending, "before");
        Watching.awaitOutput(backend, stopped, "before");
        assertThat(backend.trouble()).isEmpty();

        bench.cluster.goAway(true);
        bench.skip(Duration.ofSeconds(44));
        bench.skip(Duration.ofSeconds(16));

        assertThat(backend.trouble())
                .hasValueSatisfying(
                        words -> assertThat(words)
                                .matches(
                                        "the cluster was last seen \\d+ s ago: see whether its API server runs .*; Jobs go on meanwhile"));
        assertThat(backend.observe(ending, Duration.ofSeconds(1))).isInstanceOf(Observed.Running.class);
        assertThatThrownBy(() -> backend.stop(stopped, Duration.ZERO)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> bench.start(backend, "minute-3", bench.task("true")))
                .isInstanceOf(IOException.class);
        bench.cluster.goAway(false);

        await().atMost(PATIENCE).until(() -> backend.trouble().isEmpty());
        await().atMost(PATIENCE).until(() -> backend.stop(stopped, Duration.ZERO));
        Files.createFile(go);
        assertThat(Watching.code(Watching.awaitEnd(backend, ending))).isEqualTo(4);
        assertThat(Watching.code(Watching.awaitEnd(backend, stopped))).isEqualTo(7);
        assertThat(Watching.output(backend, ending)).isEqualTo("before\nafter\n");
        assertThat(revoked(backend, Bench.run("minute-3"))).isTrue();
    }

    @Test
    void isNotReadyOnceTheListIsOlderThanFortyFiveSeconds() throws Exception {
        KubernetesBackend backend = bench.open();
        bench.cluster.fail("list jobs", 403);

        bench.skip(Duration.ofSeconds(40));
        assertThat(backend.trouble()).isEmpty();
        bench.skip(Duration.ofSeconds(6));
        assertThat(backend.trouble()).isPresent();

        bench.cluster.fail("list jobs", 0);
        bench.cluster.cutWatches();
        await().atMost(PATIENCE).until(() -> backend.trouble().isEmpty());
    }

    @Test
    void nobodyWaitsForTheAgeOfTheViewWhileThePreflightHangs() throws Exception {
        CountDownLatch hanging = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Site site = KubernetesWiring.site(Settings.parse("backend: {kubernetes: {}}"), "executor-1", Map.of());
        Cluster cluster = new Cluster(
                site,
                () -> {
                    hanging.countDown();
                    try {
                        release.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    throw new IllegalStateException("over");
                },
                Clock.systemUTC(),
                System::nanoTime);
        Thread preparing = Thread.ofVirtual().start(() -> {
            try {
                cluster.prepare();
            } catch (PreflightFailure e) {
                // it was to hang, and no more
            }
        });
        try {
            hanging.await();
            assertThat(CompletableFuture.supplyAsync(cluster::age, Thread::startVirtualThread)
                            .get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isZero();
        } finally {
            release.countDown();
            preparing.join();
            cluster.close();
        }
    }

    @Test
    void onlyWhatMayPassIsAskedForAgain() throws Exception {
        bench.cluster.fail("create jobs", 403);
        assertThatThrownBy(() -> bench.open()).isInstanceOf(PreflightFailure.class);
        assertThat(bench.cluster.requests().getOrDefault("create jobs", 0)).isEqualTo(1);

        for (int code : List.of(429, 500, 503)) {
            int before = bench.cluster.requests().getOrDefault("create jobs", 0);
            bench.cluster.fail("create jobs", code);
            // Not in the common pool: with two cores it has one thread, and the client's repetitions need that.
            CompletableFuture<KubernetesBackend> opening = CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return bench.open();
                        } catch (PreflightFailure e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    Thread::startVirtualThread);
            await().atMost(PATIENCE).until(() -> bench.cluster.requests().getOrDefault("create jobs", 0) > before + 1);
            bench.cluster.fail("create jobs", 0);
            assertThat(opening.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).trouble())
                    .isEmpty();
        }
    }

    // The preflight

    @ParameterizedTest
    @ValueSource(strings = {"create jobs", "list pods", "list jobs", "watch jobs", "watch pods"})
    void aRightThatIsMissingIsNamedAlsoWhereNobodyMayAskForRights(String right) {
        bench.cluster.deny("create", "selfsubjectaccessreviews");
        bench.cluster.deny(right.split(" ", 2)[0], right.split(" ", 2)[1]);

        if (right.startsWith("watch")) {
            // Lists do instead.
            assertThatNoPreflightFailure();
            return;
        }
        assertThatThrownBy(() -> bench.open())
                .isInstanceOf(PreflightFailure.class)
                .hasMessageContaining(FakeCluster.forbidden(right))
                .hasMessageNotContaining("does not answer");
    }

    private void assertThatNoPreflightFailure() {
        try {
            assertThat(bench.open().trouble()).isEmpty();
        } catch (PreflightFailure e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void anAccountThatTheClusterDoesNotKnowIsSaidToBeThat() {
        bench.cluster.fail("get version", 401);

        assertThatThrownBy(() -> bench.open())
                .isInstanceOf(PreflightFailure.class)
                .hasMessageContaining("does not know this executor's account")
                .hasMessageContaining("see whether its token or certificate has expired");
    }

    @Test
    void aClusterThatMakesSecondPodsEarlierIsRemarkedOn() throws Exception {
        bench.cluster.ignore("podReplacementPolicy");

        assertThat(bench.make("backend: {kubernetes: {namespace: agents}}", bench.cluster.url())
                        .preflight())
                .singleElement()
                .asString()
                .contains("podReplacementPolicy");
    }
}
