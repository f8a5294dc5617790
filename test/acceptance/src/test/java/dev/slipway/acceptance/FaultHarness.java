package dev.slipway.acceptance;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.acceptance.FaultPlan.Fault;
import dev.slipway.acceptance.FaultPlan.Round;
import dev.slipway.acceptance.FaultPlan.Task;
import dev.slipway.testkit.Assignment;
import dev.slipway.testkit.FakeControlPlane;
import dev.slipway.testkit.Received;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;

/** Carries out a plan on the packaged services, and tells what was seen from outside when all had come to rest. */
final class FaultHarness {
    /** How long nothing may come to its end before what is open is taken for lost. */
    private static final Duration PATIENCE = Duration.ofSeconds(100);

    private static final int SLOTS = 8;
    private static final int DISK_MEBIBYTES = 512;

    private final Slipway slipway;
    private final FakeControlPlane controlPlane;
    private final Path directory;
    private final Optional<SmallDisk> disk;
    private final Path agent;
    private final List<String> remarks = new ArrayList<>();
    private final Map<String, JsonNode> ended = new HashMap<>();

    /**
     * @param slipway configured, and ready to be started
     * @param disk of the state directory, if that has one of its own
     */
    private FaultHarness(Slipway slipway, FakeControlPlane controlPlane, Path directory, Optional<SmallDisk> disk)
            throws IOException {
        this.slipway = slipway;
        this.controlPlane = controlPlane;
        this.directory = directory;
        this.disk = disk;
        this.agent = Files.writeString(
                directory.resolve("agent"), FaultPlan.agent(journal().toString()));
        if (!agent.toFile().setExecutable(true)) {
            throw new IOException(agent + " cannot be made executable");
        }
    }

    private Path journal() {
        return directory.resolve("journal");
    }

    /** Carries out the plan with services and a control plane of their own, in an empty directory, and leaves nothing running. */
    static Verdict judge(FaultPlan plan, Path directory) throws Exception {
        return with(directory, SLOTS, harness -> Verdict.of(plan, harness.carryOut(plan)));
    }

    /** Kills everything while so many tasks run, and measures how soon they are observed again. */
    static Recovery recovery(int tasks, Path directory) throws Exception {
        return with(directory, tasks, harness -> harness.recover(FaultPlan.ofLongTasks(tasks, Recovery.ROUNDS)));
    }

    /** What is done with the services. */
    private interface Use<T> {
        T of(FaultHarness harness) throws Exception;
    }

    private static <T> T with(Path directory, int slots, Use<T> use) throws Exception {
        Slipway slipway = new Slipway(directory).with("WARP_API_KEY", "key");
        Optional<SmallDisk> disk = SmallDisk.mount(slipway.state(), DISK_MEBIBYTES);
        try (FakeControlPlane controlPlane = FakeControlPlane.start(Slipway.PATIENCE, 0)) {
            slipway.configure("max_concurrent_tasks: " + slots, "slipway:", "  queue_limit: 1000");
            try {
                return use.of(new FaultHarness(slipway, controlPlane, directory, disk));
            } finally {
                slipway.close();
            }
        } finally {
            if (disk.isPresent()) {
                disk.get().unmount();
            }
        }
    }

    /**
     * Measures how long everything takes to be back after a SIGKILL of all services, a few times without tasks, and as often
     * with the plan's tasks running, which are long.
     */
    private Recovery recover(FaultPlan plan) throws Exception {
        start();
        List<Double> bare = new ArrayList<>();
        List<Double> running = new ArrayList<>();
        for (int round = 0; round < Recovery.ROUNDS; round++) {
            bare.add(secondsToReturn(0));
        }
        List<Task> tasks = plan.tasks();
        try (var assigner = new Assigner(controlPlane)) {
            tasks.forEach(task -> assigner.assign(task.id(), assignment(task)));
            await("all tasks to run").atMost(PATIENCE).ignoreExceptions().until(() -> running() == tasks.size());
            for (int round = 0; round < Recovery.ROUNDS; round++) {
                running.add(secondsToReturn(tasks.size()));
            }
            awaitEndings(tasks);
        }
        return new Recovery(bare, running, Verdict.of(plan, seen(tasks)));
    }

    private double secondsToReturn(int runs) throws Exception {
        long begun = System.nanoTime();
        kill(slipway.services());
        try (ExecutorService starter = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> up = starter.submit(() -> {
                start();
                return null;
            });
            await(runs + " runs to be observed again")
                    .atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(20))
                    .ignoreExceptions()
                    .until(() -> isBack(runs));
            double seconds = (System.nanoTime() - begun) / 1e9;
            up.get();
            return seconds;
        }
    }

    /** Whether the executor has taken up so many runs of an earlier process, and the dispatcher sees them in its hands. */
    private boolean isBack(int runs) throws IOException, InterruptedException {
        String executor = slipway.env().at("/services/executor-direct/url").textValue();
        return slipway.metric(executor + "/metrics", "slipway_executor_adoptions_total") == runs
                && Slipway.JSON
                        .readTree(slipway.get("/api/v1/executors").body())
                        .at("/0/present")
                        .booleanValue()
                && running() == runs;
    }

    /** How many tasks run at an executor that is there. */
    private long running() throws IOException, InterruptedException {
        JsonNode page = Slipway.JSON.readTree(
                slipway.get("/api/v1/tasks?state=running&limit=100").body());
        return page.get("tasks").findParents("executionId").stream()
                .filter(task -> !task.has("waiting"))
                .count();
    }

    private Verdict.Seen carryOut(FaultPlan plan) throws Exception {
        start();
        try (var assigner = new Assigner(controlPlane);
                ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> calls = new ArrayList<>();
            for (Round round : plan.rounds()) {
                carryOut(round, assigner, callers, calls);
            }
            for (Future<?> call : calls) {
                call.get();
            }
            awaitEndings(plan.tasks());
            remarks.add("%d assignments were sent, on %d connections; %d were rejected"
                    .formatted(assigner.sent(), controlPlane.connections(), received("task_rejected")));
        }
        return seen(plan.tasks());
    }

    /** What is to be seen now that all tasks have ended. */
    private Verdict.Seen seen(List<Task> tasks) throws IOException, InterruptedException {
        List<String> left = left();
        return new Verdict.Seen(
                Files.readAllLines(journal()), controlPlane.received(), ended, logs(tasks), left, remarks);
    }

    /** Something to do at its time, in milliseconds from the beginning of the round. */
    private record Moment(long at, Callable<?> action) {}

    private void carryOut(Round round, Assigner assigner, ExecutorService callers, List<Future<?>> calls)
            throws Exception {
        List<Moment> moments = new ArrayList<>();
        List<Future<?>> faults = new ArrayList<>();
        moments.add(new Moment(
                round.faultAt(),
                () -> faults.add(callers.submit(() -> {
                    carryOut(round.fault());
                    return null;
                }))));
        for (Task task : round.tasks()) {
            if (task.fromControlPlane()) {
                Assignment assignment = assignment(task);
                moments.add(new Moment(task.at(), () -> {
                    assigner.assign(task.id(), assignment);
                    return null;
                }));
                task.againAt()
                        .ifPresent(at -> moments.add(new Moment(at, () -> {
                            assigner.assignAgain(task.id(), assignment);
                            return null;
                        })));
                task.cancelAt()
                        .ifPresent(at -> moments.add(new Moment(at, () -> {
                            assigner.cancel(task.id());
                            return null;
                        })));
            } else {
                String body = submission(task);
                Callable<?> submit = () -> calls.add(callers.submit(() -> call("/api/v1/tasks", body)));
                moments.add(new Moment(task.at(), submit));
                task.againAt().ifPresent(at -> moments.add(new Moment(at, submit)));
                task.cancelAt()
                        .ifPresent(at -> moments.add(new Moment(
                                at,
                                () -> calls.add(callers.submit(
                                        () -> call("/api/v1/tasks/" + task.execution() + "/cancel", ""))))));
            }
        }
        moments.sort(Comparator.comparingLong(Moment::at));
        long begun = System.nanoTime();
        for (Moment moment : moments) {
            pause(moment.at() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
            moment.action().call();
        }
        for (Future<?> fault : faults) {
            fault.get();
        }
    }

    /** The plan's own time passes. */
    private static void pause(long millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(millis);
    }

    private Assignment assignment(Task task) {
        return Assignment.of(task.id())
                .execution(task.execution())
                .env("PLAY", "exec '" + agent + "' " + String.join(" ", FaultPlan.arguments(task)));
    }

    private String submission(Task task) throws IOException {
        List<String> command = Stream.concat(Stream.of(agent.toString()), FaultPlan.arguments(task).stream())
                .toList();
        return Slipway.JSON.writeValueAsString(Map.of("executionId", task.execution(), "command", command));
    }

    /** Calls until the answer is that it was done. */
    private String call(String path, String body) {
        return await(path)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(250))
                .ignoreExceptions()
                .until(() -> slipway.call("POST", path, body), response -> response.statusCode() / 100 == 2)
                .body();
    }

    private void carryOut(Fault fault) throws Exception {
        switch (fault) {
            case Fault.Kill(List<String> services, long down) -> {
                kill(services);
                pause(down);
                start();
            }
            case Fault.Restart(List<String> services) -> {
                signal(services, "TERM");
                awaitEnd(services);
                start();
            }
            case Fault.Pause(List<String> services, long length) -> {
                signal(services, "STOP");
                pause(length);
                signal(services, "CONT");
            }
            case Fault.Cut() -> controlPlane.cut();
            case Fault.HalfClose() -> controlPlane.halfClose();
            case Fault.Stall(long length) -> {
                controlPlane.stopReading();
                pause(length);
                controlPlane.resumeReading();
            }
            case Fault.FullDisk(long length) -> onFullDisk(() -> pause(length));
            case Fault.KillOnFullDisk(long length) -> {
                onFullDisk(() -> {
                    pause(length / 2);
                    kill(slipway.services());
                    pause(length / 2);
                });
                start();
            }
        }
    }

    private interface Deed {
        void perform() throws Exception;
    }

    private void onFullDisk(Deed deed) throws Exception {
        if (disk.isEmpty()) {
            remarks.add("SKIPPED: a full disk, because nothing may be mounted here");
            return;
        }
        disk.get().fill();
        try {
            deed.perform();
        } finally {
            disk.get().empty();
        }
    }

    private void kill(List<String> services) throws IOException, InterruptedException {
        signal(services, "KILL");
        awaitEnd(services);
    }

    private void signal(List<String> services, String signal) throws IOException, InterruptedException {
        for (String service : services) {
            slipway.signal(service, signal);
        }
    }

    private void awaitEnd(List<String> services) throws IOException {
        for (String service : services) {
            long pid = slipway.env().get("services").get(service).get("pid").longValue();
            await(service + " to end").atMost(Slipway.PATIENCE).until(() -> !Slipway.runs(pid));
        }
    }

    /** Starts what does not run. Whether the control plane is reached at once is no matter. */
    private void start() throws Exception {
        Slipway.Result up = slipway.run(
                slipway.upConfigured("--web-socket-url", controlPlane.uri().toString()));
        if (up.exitCode() != 0 && !up.err().contains("the control plane is not reached")) {
            throw new AssertionError("the services do not start again: " + up);
        }
    }

    /** Waits as long as anything comes to its end. */
    private void awaitEndings(List<Task> tasks) {
        int missing = tasks.size() + 1;
        while (missing > 0) {
            int before = missing;
            try {
                missing = await("an ending")
                        .atMost(PATIENCE)
                        .ignoreExceptions()
                        .until(() -> missing(tasks), now -> now < before);
            } catch (ConditionTimeoutException e) {
                return; // the verdict says what is missing
            }
        }
    }

    private int missing(List<Task> tasks) throws IOException, InterruptedException {
        Set<String> told = controlPlane.received().stream()
                .filter(Received::isResult)
                .map(Received::taskId)
                .collect(Collectors.toSet());
        int missing = 0;
        for (Task task : tasks) {
            boolean over = ended.containsKey(task.execution()) || hasEnded(task);
            if (!over || (task.fromControlPlane() && !told.contains(task.id()))) {
                missing++;
            }
        }
        return missing;
    }

    private boolean hasEnded(Task task) throws IOException, InterruptedException {
        HttpResponse<String> response = slipway.get("/api/v1/tasks/" + task.execution());
        if (response.statusCode() != 200) {
            return false;
        }
        JsonNode shown = Slipway.JSON.readTree(response.body());
        boolean over = shown.has("endedAt");
        if (over) {
            ended.put(task.execution(), shown);
        }
        return over;
    }

    private long received(String type) {
        return controlPlane.received().stream()
                .filter(frame -> frame.type().equals(type))
                .count();
    }

    /** What is there and should not be, when it does not go away either. */
    private List<String> left() {
        List<String> left = new ArrayList<>();
        try {
            await("nothing to be left")
                    .atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(
                            () -> {
                                left.clear();
                                left.addAll(leftNow());
                                return left;
                            },
                            List::isEmpty);
        } catch (ConditionTimeoutException e) {
            if (left.isEmpty()) {
                left.add("it cannot be seen what is left: " + e.getMessage());
            }
        }
        return left;
    }

    private List<String> leftNow() throws IOException, InterruptedException {
        List<String> left = new ArrayList<>();
        for (String metric : List.of("oz_worker_tasks_active", "slipway_queue_depth", "slipway_outbox_backlog")) {
            if (slipway.metric(metric) != 0) {
                left.add(metric + " is " + slipway.metric(metric));
            }
        }
        for (JsonNode executor :
                Slipway.JSON.readTree(slipway.get("/api/v1/executors").body())) {
            if (executor.get("active").intValue() != 0) {
                left.add("slots are not free: " + executor);
            }
        }
        Set<Long> services = new HashSet<>();
        for (String service : slipway.services()) {
            services.add(slipway.process(service).pid());
        }
        slipway.processes().stream()
                .filter(process -> !services.contains(process.pid()))
                .forEach(process -> left.add("process " + process.pid() + ": "
                        + process.info().commandLine().orElse("")));
        for (Path root : List.of(slipway.workspaces(), slipway.state().resolve("direct"))) {
            try (Stream<Path> entries = Files.list(root)) {
                entries.filter(Files::isDirectory).forEach(entry -> left.add("directory " + entry));
            }
        }
        return left;
    }

    private Map<String, String> logs(List<Task> tasks) throws IOException, InterruptedException {
        Map<String, String> logs = new HashMap<>();
        for (Task task : tasks) {
            HttpResponse<String> response = slipway.get("/api/v1/tasks/" + task.execution() + "/logs");
            if (response.statusCode() == 200) {
                logs.put(task.execution(), response.body());
            }
        }
        return logs;
    }
}
