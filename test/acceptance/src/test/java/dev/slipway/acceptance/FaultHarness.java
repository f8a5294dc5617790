package dev.slipway.acceptance;

import static org.awaitility.Awaitility.await;

import dev.slipway.acceptance.FaultPlan.Round;
import dev.slipway.acceptance.FaultPlan.Strike;
import dev.slipway.acceptance.FaultPlan.Task;
import dev.slipway.testkit.Assignment;
import dev.slipway.testkit.FakeControlPlane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Carries out a plan on packaged services of its own, and judges what came of it. */
final class FaultHarness {
    private static final int SLOTS = 8;
    private static final int DISK_MEBIBYTES = 512;

    private final Slipway slipway;
    private final FakeControlPlane controlPlane;
    private final FaultyServices services;
    private final FaultyBackend backend;
    private final List<String> remarks = new ArrayList<>();

    private FaultHarness(
            Slipway slipway, FakeControlPlane controlPlane, FaultyBackend backend, Optional<SmallDisk> disk) {
        this.slipway = slipway;
        this.controlPlane = controlPlane;
        this.backend = backend;
        this.services = new FaultyServices(slipway, controlPlane, backend, disk);
        if (disk.isEmpty()) {
            remarks.add("SKIPPED: full disks, because nothing may be mounted here");
        }
    }

    /** @param directory an empty one; nothing runs or is mounted there afterwards */
    static Verdict judge(FaultPlan plan, Path directory) throws Exception {
        return with(plan, directory, SLOTS, harness -> harness.carryOut(plan));
    }

    /** Kills everything while so many tasks run, and measures how soon they are observed again. */
    static Recovery recovery(int tasks, Path directory) throws Exception {
        FaultPlan plan = FaultPlan.ofLongTasks(tasks, Recovery.ROUNDS);
        return with(plan, directory, tasks, harness -> harness.recover(plan));
    }

    private interface Use<T> {
        T of(FaultHarness harness) throws Exception;
    }

    private static <T> T with(FaultPlan plan, Path directory, int slots, Use<T> use) throws Exception {
        Slipway slipway = new Slipway(directory).with("WARP_API_KEY", "key");
        Optional<SmallDisk> disk = SmallDisk.mount(slipway.state(), DISK_MEBIBYTES);
        try (FakeControlPlane controlPlane = FakeControlPlane.start(Slipway.PATIENCE, 0);
                FaultyBackend backend = FaultyBackend.of(plan.backend(), plan.seed(), directory)) {
            backend.configure(slipway, slots);
            try {
                return use.of(new FaultHarness(slipway, controlPlane, backend, disk));
            } finally {
                slipway.close();
            }
        } finally {
            if (disk.isPresent()) {
                disk.get().unmount();
            }
        }
    }

    /** A few times without tasks, and as often with the plan's, which are long. */
    private Recovery recover(FaultPlan plan) throws Exception {
        services.start();
        List<Double> bare = new ArrayList<>();
        List<Double> running = new ArrayList<>();
        for (int round = 0; round < Recovery.ROUNDS; round++) {
            bare.add(services.secondsToReturn(0));
        }
        List<Task> tasks = plan.tasks();
        var aftermath = new Aftermath(slipway, controlPlane, backend, tasks);
        try (var assigner = new Assigner(controlPlane)) {
            tasks.forEach(task -> assigner.assign(task.id(), assignment(task)));
            await("all tasks to run")
                    .atMost(Slipway.PATIENCE)
                    .ignoreExceptions()
                    .until(() -> services.running() == tasks.size());
            for (int round = 0; round < Recovery.ROUNDS; round++) {
                running.add(services.secondsToReturn(tasks.size()));
            }
            aftermath.awaitEndings();
        }
        return new Recovery(bare, running, Verdict.of(plan, aftermath.seen(remarks)));
    }

    private Verdict carryOut(FaultPlan plan) throws Exception {
        boolean isGood = false;
        try {
            Verdict verdict = verdict(plan);
            isGood = verdict.isGood();
            return verdict;
        } finally {
            if (!isGood) {
                keepLogs(Path.of(
                                "target",
                                "faults-%s-%d".formatted(plan.backend().wireName(), plan.seed()))
                        .toAbsolutePath());
            }
        }
    }

    /** They would go with the disk. */
    private void keepLogs(Path place) throws IOException {
        Files.createDirectories(place);
        try (Stream<Path> logs = Files.list(slipway.state().resolve("logs"))) {
            for (Path log : logs.toList()) {
                Files.copy(log, place.resolve(log.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Files.write(place.resolve("journal"), backend.agents().journal());
        System.out.println("the services' logs and the agents' journal are in " + place);
    }

    private Verdict verdict(FaultPlan plan) throws Exception {
        services.start();
        var aftermath = new Aftermath(slipway, controlPlane, backend, plan.tasks());
        try (var assigner = new Assigner(controlPlane);
                ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> calls = new ArrayList<>();
            for (Round round : plan.rounds()) {
                carryOut(round, assigner, callers, calls);
            }
            for (Future<?> call : calls) {
                call.get();
            }
            aftermath.awaitEndings();
            remarks.add("%d assignments were sent, on %d connections; %d were rejected"
                    .formatted(assigner.sent(), controlPlane.connections(), rejections()));
        }
        return Verdict.of(plan, aftermath.seen(remarks));
    }

    private long rejections() {
        return controlPlane.received().stream()
                .filter(frame -> frame.type().equals("task_rejected"))
                .count();
    }

    /** Something to do at its time, in milliseconds from the beginning of the round. */
    private record Moment(long at, Runnable action) {}

    /** @param calls gets those that need not be over when the round is */
    private void carryOut(Round round, Assigner assigner, ExecutorService callers, List<Future<?>> calls)
            throws Exception {
        List<Future<?>> faults = new ArrayList<>();
        List<Moment> moments = new ArrayList<>();
        for (Strike strike : round.strikes()) {
            moments.add(new Moment(
                    strike.at(),
                    () -> faults.add(callers.submit(() -> {
                        services.carryOut(strike.fault());
                        return null;
                    }))));
        }
        for (Task task : round.tasks()) {
            moments.addAll(
                    task.fromControlPlane()
                            ? assignments(task, assigner)
                            : submissions(task, body -> calls.add(callers.submit(body))));
        }
        moments.sort(Comparator.comparingLong(Moment::at));
        long begun = System.nanoTime();
        for (Moment moment : moments) {
            FaultyServices.pause(moment.at() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
            moment.action().run();
        }
        for (Future<?> fault : faults) {
            fault.get();
        }
        System.out.printf(
                "%tT after %.1f s: %s%n",
                LocalTime.now(ZoneOffset.UTC), (System.nanoTime() - begun) / 1e9, round.strikes());
    }

    private List<Moment> assignments(Task task, Assigner assigner) {
        Assignment assignment = assignment(task);
        List<Moment> moments = new ArrayList<>();
        moments.add(new Moment(task.at(), () -> assigner.assign(task.id(), assignment)));
        task.againAt().ifPresent(at -> moments.add(new Moment(at, () -> assigner.assignAgain(task.id(), assignment))));
        task.cancelAt().ifPresent(at -> moments.add(new Moment(at, () -> assigner.cancel(task.id()))));
        return moments;
    }

    private Assignment assignment(Task task) {
        Assignment assignment = Assignment.of(task.id())
                .execution(task.execution())
                .env(
                        "PLAY",
                        "exec '%s' %s"
                                .formatted(backend.agents().program(), String.join(" ", FaultPlan.arguments(task))));
        backend.ofAssignment().forEach(assignment::with);
        return assignment;
    }

    private interface Background {
        void begin(Runnable call);
    }

    private List<Moment> submissions(Task task, Background background) throws IOException {
        List<String> command = Stream.concat(
                        Stream.of(backend.agents().program().toString()), FaultPlan.arguments(task).stream())
                .toList();
        Map<String, Object> submission = new HashMap<>(backend.ofSubmission());
        submission.putAll(Map.of("executionId", task.execution(), "command", command));
        String body = Slipway.JSON.writeValueAsString(submission);
        Runnable submit = () -> background.begin(() -> call("/api/v1/tasks", body));
        Runnable cancel = () -> background.begin(() -> call("/api/v1/tasks/" + task.execution() + "/cancel", ""));
        List<Moment> moments = new ArrayList<>();
        moments.add(new Moment(task.at(), submit));
        task.againAt().ifPresent(at -> moments.add(new Moment(at, submit)));
        task.cancelAt().ifPresent(at -> moments.add(new Moment(at, cancel)));
        return moments;
    }

    /** Calls until the answer is that it was done. */
    private void call(String path, String body) {
        await(path)
                .atMost(Slipway.PATIENCE)
                .pollInterval(Duration.ofMillis(250))
                .ignoreExceptions()
                .until(() -> slipway.call("POST", path, body), response -> response.statusCode() / 100 == 2);
    }
}
