package dev.slipway.acceptance;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.acceptance.FaultPlan.Task;
import dev.slipway.testkit.FakeControlPlane;
import dev.slipway.testkit.Received;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;

/** What is to be seen from outside when the faults are over and everything comes to rest. */
final class Aftermath {
    /** How long nothing may come to its end before what is open is taken for lost: longer than any task runs. */
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Slipway slipway;
    private final FakeControlPlane controlPlane;
    private final FaultyBackend backend;
    private final List<Task> tasks;
    private final Map<String, JsonNode> ended = new HashMap<>();

    Aftermath(Slipway slipway, FakeControlPlane controlPlane, FaultyBackend backend, List<Task> tasks) {
        this.slipway = slipway;
        this.controlPlane = controlPlane;
        this.backend = backend;
        this.tasks = tasks;
    }

    /**
     * Waits for rest, and looks.
     *
     * @param remarks to go with it
     */
    Verdict.Seen seen(List<String> remarks) throws IOException, InterruptedException {
        List<String> left = left();
        return new Verdict.Seen(
                backend.agents().journal(),
                backend.harmed(),
                controlPlane.received(),
                ended,
                logs(),
                left,
                Stream.concat(backend.remarks().stream(), remarks.stream()).toList());
    }

    /** Waits as long as anything comes to its end. */
    void awaitEndings() {
        int missing = tasks.size() + 1;
        while (missing > 0) {
            int before = missing;
            try {
                missing = await("an ending")
                        .atMost(PATIENCE)
                        .ignoreExceptions()
                        .until(() -> missing(), now -> now < before);
            } catch (ConditionTimeoutException e) {
                return; // the verdict says what is missing
            }
        }
    }

    private int missing() throws IOException, InterruptedException {
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

    /** What is there and should not be, when it does not go away either. */
    private List<String> left() {
        List<String> left = new ArrayList<>();
        try {
            await("nothing to be left")
                    .atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(
                            () -> {
                                List<String> now = leftNow(); // what was seen last stays if this fails
                                left.clear();
                                left.addAll(now);
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
        left.addAll(backend.left());
        return left;
    }

    private Map<String, String> logs() throws IOException, InterruptedException {
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
