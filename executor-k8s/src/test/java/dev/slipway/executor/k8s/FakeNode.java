package dev.slipway.executor.k8s;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.protocol.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The node that runs every Pod of a {@link FakeCluster}: its containers are processes of this host, without their images. It
 * shows the states that a real node showed, in the same order but faster. What it shows of a Pod with an image called
 * {@code recorded/NAME} is that recording instead.
 */
final class FakeNode implements AutoCloseable {
    private static final Pattern REFERENCE = Pattern.compile("\\$\\$|\\$\\(([A-Za-z0-9_.-]+)\\)");
    private static final long STEP_MILLIS = 20;
    private static final long MOMENT_NANOS = 200_000_000;

    /** A line of output, its end included. */
    record Line(Instant time, Bytes bytes) {}

    /** The output of one container. */
    static final class Log {
        private final List<Line> lines = new ArrayList<>();
        private boolean isOver;

        synchronized void add(Line line) {
            Instant time =
                    !lines.isEmpty() && !line.time().isAfter(lines.getLast().time())
                            ? lines.getLast().time().plusNanos(1)
                            : line.time();
            lines.add(new Line(time, line.bytes()));
            notifyAll();
        }

        synchronized void end() {
            isOver = true;
            notifyAll();
        }

        /** What comes after the first {@code count}, after a moment perhaps nothing; empty at the end. */
        synchronized Optional<List<Line>> after(int count) throws InterruptedException {
            long end = System.nanoTime() + MOMENT_NANOS;
            while (lines.size() == count && !isOver && System.nanoTime() < end) {
                wait(200);
            }
            return lines.size() == count && isOver
                    ? Optional.empty()
                    : Optional.of(List.copyOf(lines.subList(count, lines.size())));
        }
    }

    private static final class Running {
        final Map<String, Log> logs = new ConcurrentHashMap<>();
        volatile @Nullable Process process;
        volatile boolean isEnding;
        volatile boolean isDone;
    }

    private final FakeCluster cluster;
    private final Map<String, Running> pods = new ConcurrentHashMap<>();

    FakeNode(FakeCluster cluster) {
        this.cluster = cluster;
    }

    Optional<Log> log(String pod, String container) {
        return Optional.ofNullable(pods.get(pod)).map(running -> running.logs.get(container));
    }

    void take(ObjectNode pod, String job) {
        Running running = new Running();
        String name = pod.at("/metadata/name").asText();
        pods.put(name, running);
        Thread.ofVirtual().name("pod " + name).start(() -> {
            try {
                String image = pod.at("/spec/containers/0/image").asText();
                if (image.startsWith("recorded/")) {
                    new Replay(cluster, name, job).play(image.substring("recorded/".length()), () -> running.isEnding);
                } else {
                    run(pod, name, job, running);
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                running.logs.values().forEach(Log::end);
                running.isDone = true;
            }
        });
    }

    private void run(ObjectNode pod, String name, String job, Running running)
            throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("fake-node");
        try {
            cluster.update("pods", name, object -> {
                object.withObject("/spec").put("nodeName", "node-1");
                waiting(object, "ContainerCreating");
            });
            pause(STEP_MILLIS, running);
            for (JsonNode init : pod.at("/spec/initContainers")) {
                if (running.isEnding) {
                    return;
                }
                int code = runContainer(init, name, directory, running, true);
                if (code != 0) {
                    fail(name, job, "Failed", "BackoffLimitExceeded");
                    return;
                }
            }
            if (running.isEnding) {
                return;
            }
            int code = runContainer(pod.at("/spec/containers/0"), name, directory, running, false);
            if (running.isEnding) {
                return;
            }
            pause(STEP_MILLIS, running);
            fail(
                    name,
                    job,
                    code == 0 ? "Succeeded" : "Failed",
                    code == 0 ? "CompletionsReached" : "BackoffLimitExceeded");
        } finally {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private void fail(String name, String job, String phase, String reason) {
        cluster.update("pods", name, object -> object.withObject("/status").put("phase", phase));
        cluster.find("jobs", job)
                .ifPresent(
                        object -> cluster.condition(object, phase.equals("Succeeded") ? "Complete" : "Failed", reason));
    }

    private int runContainer(JsonNode container, String podName, Path directory, Running running, boolean isInit)
            throws IOException, InterruptedException {
        Map<String, String> env = environment(container, running);
        if (running.isEnding) {
            return 137;
        }
        List<String> argv = new ArrayList<>();
        container.path("command").forEach(word -> argv.add(expand(word.asText(), env)));
        container.path("args").forEach(word -> argv.add(expand(word.asText(), env)));
        String name = container.path("name").asText();
        Log log = new Log();
        running.logs.put(name, log);
        ProcessBuilder builder =
                new ProcessBuilder(argv).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/local/bin:/usr/bin:/bin");
        builder.environment().putAll(env);
        String started = FakeCluster.time();
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            log.end();
            cluster.update("pods", podName, object -> terminated(object, name, isInit, 128, "StartError", null));
            return 128;
        }
        running.process = process;
        cluster.update("pods", podName, object -> {
            state(object, name, isInit).withObject("/running").put("startedAt", started);
            if (!isInit) {
                object.withObject("/status").put("phase", "Running");
            }
        });
        if (running.isEnding) {
            process.destroyForcibly();
        }
        read(process, log);
        int code = process.waitFor();
        log.end();
        cluster.update(
                "pods",
                podName,
                object -> terminated(object, name, isInit, code, code == 0 ? "Completed" : "Error", started));
        return code;
    }

    private static void read(Process process, Log log) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try (InputStream output = process.getInputStream()) {
            byte[] buffer = new byte[8192];
            int length = output.read(buffer);
            while (length >= 0) {
                for (int i = 0; i < length; i++) {
                    line.write(buffer[i]);
                    if (buffer[i] == '\n') {
                        log.add(new Line(Instant.now(), Bytes.wrap(line.toByteArray())));
                        line.reset();
                    }
                }
                length = output.read(buffer);
            }
        } catch (IOException e) {
            // its end was forced
        }
        if (line.size() > 0) {
            log.add(new Line(Instant.now(), Bytes.wrap(line.toByteArray())));
        }
    }

    private static void waiting(ObjectNode pod, String reason) {
        for (JsonNode container : pod.at("/spec/initContainers")) {
            state(pod, container.path("name").asText(), true)
                    .withObject("/waiting")
                    .put("reason", "PodInitializing");
        }
        for (JsonNode container : pod.at("/spec/containers")) {
            state(pod, container.path("name").asText(), false)
                    .withObject("/waiting")
                    .put("reason", reason);
        }
    }

    private static void terminated(
            ObjectNode pod, String container, boolean isInit, int code, String reason, @Nullable String started) {
        state(pod, container, isInit)
                .withObject("/terminated")
                .put("exitCode", code)
                .put("reason", reason)
                .put("startedAt", started)
                .put("finishedAt", FakeCluster.time());
    }

    /** The state of a container, emptied. */
    private static ObjectNode state(ObjectNode pod, String container, boolean isInit) {
        var statuses = pod.withObject("/status").withArray(isInit ? "/initContainerStatuses" : "/containerStatuses");
        for (JsonNode status : statuses) {
            if (status.path("name").asText().equals(container)) {
                return ((ObjectNode) status).putObject("state");
            }
        }
        return statuses.addObject().put("name", container).put("image", "image").putObject("state");
    }

    private Map<String, String> environment(JsonNode container, Running running) throws InterruptedException {
        Map<String, String> env = new HashMap<>();
        for (JsonNode variable : container.path("env")) {
            JsonNode secret = variable.at("/valueFrom/secretKeyRef");
            env.put(
                    variable.path("name").asText(),
                    secret.isMissingNode()
                            ? expand(variable.path("value").asText(), env)
                            : secret(
                                    secret.path("name").asText(),
                                    secret.path("key").asText(),
                                    running));
        }
        return env;
    }

    /** A node waits for one that is not there. */
    private String secret(String name, String key, Running running) throws InterruptedException {
        Optional<ObjectNode> found = cluster.find("secrets", name);
        while (found.isEmpty() && !running.isEnding) {
            TimeUnit.MILLISECONDS.sleep(STEP_MILLIS);
            found = cluster.find("secrets", name);
        }
        return found.map(secret -> secret.path("stringData").path(key).asText()).orElse("");
    }

    /** As a kubelet does. */
    private static String expand(String text, Map<String, String> env) {
        return REFERENCE
                .matcher(text)
                .replaceAll(found -> Matcher.quoteReplacement(
                        found.group(1) == null ? "$" : env.getOrDefault(found.group(1), found.group())));
    }

    private static void pause(long millis, Running running) throws InterruptedException {
        long end = System.nanoTime() + millis * 1_000_000;
        while (System.nanoTime() < end && !running.isEnding) {
            TimeUnit.MILLISECONDS.sleep(millis);
        }
    }

    /** Ends a Pod as its deletion does, and returns when it is gone. */
    void end(String name) {
        Running running = pods.get(name);
        Optional<ObjectNode> pod = cluster.find("pods", name);
        if (running == null || pod.isEmpty()) {
            return;
        }
        long grace =
                Math.min(2, pod.get().at("/spec/terminationGracePeriodSeconds").asLong(2));
        boolean wasDone = running.isDone;
        if (!wasDone) {
            cluster.update(
                    "pods",
                    name,
                    object -> object.withObject("/metadata")
                            .put(
                                    "deletionTimestamp",
                                    Instant.parse(FakeCluster.time())
                                            .plusSeconds(grace)
                                            .toString())
                            .put("deletionGracePeriodSeconds", grace));
        }
        running.isEnding = true;
        Process process = running.process;
        try {
            if (process != null) {
                List<ProcessHandle> tree = process.descendants().toList();
                process.toHandle().destroy(); // unlike the process' own, it leaves the output open
                boolean isPolite = process.waitFor(grace, TimeUnit.SECONDS);
                if (!isPolite) {
                    tree = Stream.concat(tree.stream(), process.descendants()).toList();
                    process.destroyForcibly().waitFor();
                }
                tree.forEach(ProcessHandle::destroyForcibly);
            }
            while (!running.isDone) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!wasDone) {
            cluster.update("pods", name, object -> {
                object.withObject("/status").put("phase", "Failed");
                for (JsonNode status : object.at("/status/containerStatuses")) {
                    if (status.at("/state/waiting").isObject()) {
                        ((ObjectNode) status)
                                .putObject("state")
                                .putObject("terminated")
                                .put("exitCode", 137)
                                .put("reason", "ContainerStatusUnknown");
                    }
                }
            });
        }
        cluster.remove("pods", name);
        pods.remove(name);
    }

    @Override
    public void close() {
        List.copyOf(pods.keySet()).forEach(this::end);
    }
}
