package dev.slipway.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A Docker engine of the tests' own, with everything it has in one directory. It leaves the host's network alone: its containers
 * have none, or the host's.
 */
public final class DockerEngine implements AutoCloseable {
    private static final Duration READY = Duration.ofSeconds(30);
    private static final Duration STOP = Duration.ofSeconds(30);
    private static final long POLL_MILLIS = 50;
    private static final String BUSYBOX = "/bin/busybox";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path directory;
    private final List<String> options;
    private @Nullable Process daemon;

    private DockerEngine(Path directory, List<String> options) {
        this.directory = directory;
        this.options = options;
    }

    /** Why no engine can run here; empty if one can. */
    public static Optional<String> obstacle() {
        if (!System.getProperty("user.name").equals("root")) {
            return Optional.of("a Docker engine of the tests' own needs root");
        }
        for (String program : List.of("/usr/sbin/dockerd", "/usr/bin/docker", BUSYBOX)) {
            if (!Files.isExecutable(Path.of(program))) {
                return Optional.of("%s is missing: apt-get install docker.io busybox-static".formatted(program));
            }
        }
        return Optional.empty();
    }

    /**
     * Starts one, and waits until it answers.
     *
     * @param directory made if it is missing; short, for a socket's path has at most 107 bytes
     * @param options further ones of the daemon
     */
    public static DockerEngine start(Path directory, String... options) throws IOException {
        DockerEngine engine = new DockerEngine(Files.createDirectories(directory), List.of(options));
        engine.startAgain();
        return engine;
    }

    /** Where it listens, as DOCKER_HOST. */
    public String host() {
        return "unix://" + socket();
    }

    public Path socket() {
        return directory.resolve("sock");
    }

    /** The daemon's process. */
    public ProcessHandle process() {
        return current().toHandle();
    }

    /** How many connections there are to it, as the kernel counts them at its socket: the listening one left out. */
    public int connections() throws IOException {
        try (Stream<String> sockets = Files.lines(Path.of("/proc/net/unix"))) {
            return (int) sockets.filter(line -> line.endsWith(" " + socket()))
                    .filter(line -> !line.contains(" 00010000 "))
                    .count();
        }
    }

    /** After {@link #kill} or {@link #stop}. */
    public void startAgain() throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "/usr/sbin/dockerd",
                "--data-root=" + directory.resolve("data"),
                "--exec-root=" + directory.resolve("exec"),
                "--pidfile=" + directory.resolve("pid"),
                "--host=" + host(),
                "--storage-driver=overlay2",
                "--iptables=false",
                "--bridge=none",
                "--ip-forward=false"));
        command.addAll(options);
        Files.deleteIfExists(directory.resolve("pid"));
        // Of a containerd that went with a killed daemon: as long as nobody has collected it, it is taken for one that
        // runs.
        Files.deleteIfExists(directory.resolve("exec/containerd/containerd.pid"));
        daemon = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("log").toFile()))
                .start();
        long deadline = System.nanoTime() + READY.toNanos();
        while (!answers()) {
            if (System.nanoTime() > deadline || !current().isAlive()) {
                throw new IOException(
                        "the Docker engine does not answer; its log: " + Files.readString(directory.resolve("log")));
            }
            await(current(), POLL_MILLIS);
        }
    }

    /** At once, as a crash would; what it has started lives on as long as it likes. */
    public void kill() throws IOException {
        current().destroyForcibly();
        await(current(), STOP.toMillis());
    }

    /** As its service manager stops it: its containers end, unless it was told to let them live. */
    public void stop() throws IOException {
        current().destroy();
        if (!await(current(), STOP.toMillis())) {
            kill();
        }
    }

    /**
     * A container that had not ended at some time.
     *
     * @param isRunning whether its start is recorded
     * @param log where the log driver {@code local} records its output
     */
    public record Open(Map<String, String> labels, boolean isRunning, Path log) {
        /** The bytes of that file, each as a character. */
        public String output() throws IOException {
            try {
                return Files.readString(log, StandardCharsets.ISO_8859_1);
            } catch (NoSuchFileException e) {
                return ""; // it has written nothing yet, or is being removed
            }
        }
    }

    /**
     * What the engine's own files say, also while it does not run.
     *
     * @return the containers that had not ended by then, whether they ran or were still to be started
     */
    public List<Open> containersOpenSince(Instant then) throws IOException {
        List<Open> open = new ArrayList<>();
        try (Stream<Path> places = Files.list(directory.resolve("data/containers"))) {
            for (Path place : places.toList()) {
                JsonNode container;
                try {
                    container = JSON.readTree(Files.readString(place.resolve("config.v2.json")));
                } catch (NoSuchFileException e) {
                    continue; // it is being made or removed
                }
                JsonNode state = container.path("State");
                Instant end = Instant.parse(state.path("FinishedAt").asText());
                boolean neverEnded = end.getEpochSecond() < 0;
                boolean isRunning = state.path("Running").asBoolean();
                if (isRunning || neverEnded || !end.isBefore(then)) {
                    Map<String, String> labels = new LinkedHashMap<>();
                    container
                            .at("/Config/Labels")
                            .properties()
                            .forEach(label ->
                                    labels.put(label.getKey(), label.getValue().asText()));
                    open.add(new Open(labels, isRunning, place.resolve("local-logs/container.log")));
                }
            }
        }
        return open;
    }

    /** An image with busybox and its commands, and what {@code more} puts into its root directory. */
    public void makeImage(String name, Filler more) throws IOException {
        Path root = Files.createTempDirectory(directory, "image");
        try {
            Path programs = Files.createDirectories(root.resolve("bin"));
            Files.createDirectories(root.resolve("tmp"));
            Files.copy(Path.of(BUSYBOX), programs.resolve("busybox"));
            programs.resolve("busybox").toFile().setExecutable(true, false);
            for (String applet : run(List.of(BUSYBOX, "--list")).lines().toList()) {
                if (!applet.equals("busybox")) {
                    Files.createSymbolicLink(programs.resolve(applet), Path.of("busybox"));
                }
            }
            more.fill(root);
            importImage(root, name);
        } finally {
            delete(root);
        }
    }

    /** An image with nothing in its root directory but what {@code content} puts there. */
    public void makeBareImage(String name, Filler content) throws IOException {
        Path root = Files.createTempDirectory(directory, "image");
        try {
            content.fill(root);
            importImage(root, name);
        } finally {
            delete(root);
        }
    }

    /** Puts files into an image's root directory. */
    @FunctionalInterface
    public interface Filler {
        void fill(Path root) throws IOException;
    }

    /** A program of a few lines, for a root directory. */
    public static void script(Path file, String... lines) throws IOException {
        Files.createDirectories(Optional.ofNullable(file.getParent()).orElse(file));
        Files.writeString(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
        file.toFile().setExecutable(true, false);
    }

    /** What the engine's own client prints. */
    public String docker(String... arguments) throws IOException {
        return run(command(arguments));
    }

    /** The engine's own client, with a command that it does not end of itself. */
    Process client(String... arguments) throws IOException {
        return new ProcessBuilder(command(arguments))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of("/usr/bin/docker", "-H", host()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Everything that is left of it goes: its containers, their mounts, and its directory. */
    @Override
    public void close() throws IOException {
        try {
            if (daemon != null && daemon.isAlive()) {
                String all = docker("ps", "-aq");
                if (!all.isEmpty()) {
                    List<String> command = new ArrayList<>(List.of("rm", "-f"));
                    all.lines().forEach(command::add);
                    docker(command.toArray(String[]::new));
                }
                stop();
            }
        } finally {
            for (ProcessHandle left : left()) {
                left.destroyForcibly();
                left.onExit().orTimeout(STOP.toSeconds(), TimeUnit.SECONDS).join();
            }
            for (String mount : mounts()) {
                run(List.of("umount", "--lazy", mount));
            }
            delete(directory);
        }
    }

    /** Processes that the daemon has started and left: they have the directory on their command line, or a root in it. */
    private List<ProcessHandle> left() {
        String mark = directory.resolve("exec").toString();
        return ProcessHandle.allProcesses()
                .filter(process -> commandLine(process.pid()).contains(mark) || hasRootHere(process.pid()))
                .toList();
    }

    /** As what was to become a container's first process, whose engine was killed before it could. */
    private boolean hasRootHere(long pid) {
        try (Stream<String> mounts = Files.lines(Path.of("/proc", Long.toString(pid), "mountinfo"))) {
            return mounts.anyMatch(
                    mount -> mount.split(" ", -1)[4].equals("/") && mount.contains(directory + "/data/"));
        } catch (IOException | UncheckedIOException e) {
            return false; // it has ended
        }
    }

    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // it has ended
        }
    }

    private List<String> mounts() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/mounts"))) {
            return lines.map(line -> line.split(" ", -1)[1])
                    .filter(mount -> mount.startsWith(directory + "/"))
                    .sorted(Comparator.comparingInt(String::length).reversed())
                    .toList();
        }
    }

    private boolean answers() {
        try {
            return Files.exists(socket())
                    && !docker("version", "--format", "{{.Server.Version}}").isEmpty();
        } catch (IOException e) {
            return false;
        }
    }

    /** An image that says it is for another processor. */
    public void makeForeignImage(String name, String architecture) throws IOException {
        Path root = Files.createTempDirectory(directory, "image");
        try {
            Path layer = root.resolve("layer.tar");
            Files.writeString(root.resolve("file"), "foreign");
            run(List.of("tar", "-C", root.toString(), "-cf", layer.toString(), "file"));
            String digest = run(List.of("sha256sum", layer.toString())).split(" ", -1)[0];
            Files.writeString(
                    root.resolve("config.json"),
                    "{\"architecture\":\"%s\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:%s\"]}}"
                            .formatted(architecture, digest));
            Files.writeString(
                    root.resolve("manifest.json"),
                    "[{\"Config\":\"config.json\",\"RepoTags\":[\"%s\"],\"Layers\":[\"layer.tar\"]}]".formatted(name));
            Path archive = root.resolve("image.tar");
            run(List.of(
                    "tar",
                    "-C",
                    root.toString(),
                    "-cf",
                    archive.toString(),
                    "manifest.json",
                    "config.json",
                    "layer.tar"));
            docker("load", "-i", archive.toString());
        } finally {
            delete(root);
        }
    }

    private void importImage(Path root, String name) throws IOException {
        Path archive = directory.resolve("image.tar");
        run(List.of("tar", "--numeric-owner", "-C", root.toString(), "-cf", archive.toString(), "."));
        docker("import", archive.toString(), name);
        Files.delete(archive);
    }

    private Process current() {
        if (daemon == null) {
            throw new IllegalStateException("it was not started");
        }
        return daemon;
    }

    private static boolean await(Process process, long millis) throws InterruptedIOException {
        try {
            return process.waitFor(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the engine");
        }
    }

    private static String run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        await(process, STOP.toMillis());
        if (process.exitValue() != 0) {
            throw new IOException("%s failed: %s".formatted(String.join(" ", command), said));
        }
        return said;
    }

    private static void delete(Path tree) throws IOException {
        if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(tree)) {
            paths.sorted(Comparator.reverseOrder()).forEach(path -> {
                try {
                    Files.delete(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
