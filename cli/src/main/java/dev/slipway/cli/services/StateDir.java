package dev.slipway.cli.services;

import com.fasterxml.jackson.core.JacksonException;
import dev.slipway.cli.CliFailure;
import dev.slipway.cli.Deadline;
import dev.slipway.cli.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The directory that holds everything about one set of services. Only its owner can read it. */
public final class StateDir {
    private static final Duration LOCK_PATIENCE = Duration.ofMinutes(2);
    private static final Duration LOCK_INTERVAL = Duration.ofMillis(50);
    private static final long MAX_LOG_BYTES = 16L << 20;

    private static final String SERVICES_LOCK = "services.lock";

    private final Path path;

    public StateDir(Path path) {
        this.path = path.toAbsolutePath().normalize();
    }

    /** {@code ${XDG_STATE_HOME:-~/.local/state}/slipway}. */
    public static StateDir usual(Map<String, String> environment) {
        var xdg = environment.getOrDefault("XDG_STATE_HOME", "");
        if (!xdg.isEmpty() && Path.of(xdg).isAbsolute()) { // the XDG specification: relative ones are ignored
            return new StateDir(Path.of(xdg, "slipway"));
        }
        var home = environment.getOrDefault("HOME", System.getProperty("user.home"));
        return new StateDir(Path.of(home, ".local", "state", "slipway"));
    }

    public Path path() {
        return path;
    }

    public Path settingsFile() {
        return path.resolve("settings.yaml");
    }

    public Path defaultWorkspaceRoot() {
        return path.resolve("workspaces");
    }

    Path logFile(ServiceName service) {
        return path.resolve("logs").resolve(service.wireName() + ".log");
    }

    /** Where the services are, if any ever were. */
    public Optional<EnvFile> envFile() {
        return read(path.resolve("env.json"), EnvFile.class);
    }

    Optional<LaunchRecord> launchRecord() {
        return read(launchFile(), LaunchRecord.class);
    }

    /**
     * Creates the directory, if it is missing, and takes everyone else's rights to it.
     *
     * @throws CliFailure if it holds anything that is not Slipway's: its rights are not ours to take
     */
    void prepare() {
        try {
            if (isSomebodyElses()) {
                throw new CliFailure(
                        "%s is not empty and is no state directory: give a new or empty one with --state-dir"
                                .formatted(path));
            }
            for (var dir : new Path[] {path, path.resolve("logs")}) {
                Files.createDirectories(dir, PosixFilePermissions.asFileAttribute(ownerOnlyDirectory()));
                Files.setPosixFilePermissions(dir, ownerOnlyDirectory());
            }
        } catch (IOException e) {
            throw new CliFailure("the state directory %s cannot be used (%s): give another one with --state-dir"
                    .formatted(path, describe(e)));
        }
    }

    private boolean isSomebodyElses() throws IOException {
        if (!Files.isDirectory(path) || Files.exists(path.resolve(SERVICES_LOCK)) || Files.exists(launchFile())) {
            return false;
        }
        try (var entries = Files.list(path)) {
            return entries.anyMatch(entry -> !entry.endsWith("logs"));
        }
    }

    void write(LaunchRecord launch) {
        write(launchFile(), json(launch));
        var services = new TreeMap<ServiceName, EnvFile.Service>();
        launch.processes()
                .forEach((service, mark) -> services.put(
                        service,
                        new EnvFile.Service(
                                mark.pid(),
                                launch.url(service),
                                logFile(service).toString())));
        var api = launch.port(ServiceName.DISPATCHER) == 0 ? "" : launch.url(ServiceName.DISPATCHER);
        var metrics = launch.metrics().port() == 0 ? "" : launch.metrics().url() + "/metrics";
        write(path.resolve("env.json"), json(new EnvFile(api, metrics, launch.apiToken(), services)));
    }

    void writeSettings(String yaml) {
        write(settingsFile(), yaml);
    }

    /** The service's log, ready to be appended to; one that has grown large makes room first. */
    Path openLog(ServiceName service) {
        var log = logFile(service);
        try {
            if (Files.exists(log) && Files.size(log) > MAX_LOG_BYTES) {
                Files.move(log, log.resolveSibling(log.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
            }
            FileChannel.open(
                            log,
                            Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND),
                            PosixFilePermissions.asFileAttribute(ownerOnlyFile()))
                    .close();
            Files.setPosixFilePermissions(log, ownerOnlyFile());
            return log;
        } catch (IOException e) {
            throw new CliFailure("the log %s cannot be written: %s".formatted(log, describe(e)));
        }
    }

    /** Held by whoever starts or stops services; waits for another command that does. */
    Lock lockServices() {
        var deadline = Deadline.in(LOCK_PATIENCE);
        while (true) {
            var lock = tryLock(SERVICES_LOCK, false);
            if (lock.isPresent()) {
                return lock.get();
            }
            if (deadline.passed()) {
                throw new CliFailure(
                        "another slipway command has been starting or stopping services in %s for 2 minutes: end it, then try again"
                                .formatted(path));
            }
            LockSupport.parkNanos(LOCK_INTERVAL.toNanos());
        }
    }

    /** Held by every command that needs the services to stay. */
    Lock lockAsUser() {
        return tryLock("users.lock", true)
                .orElseThrow(
                        () -> new CliFailure("the services in %s are just being stopped: try again".formatted(path)));
    }

    /** Present if nobody holds {@link #lockAsUser}. */
    Optional<Lock> lockAgainstUsers() {
        return tryLock("users.lock", false);
    }

    /** A lock that ends with its process at the latest. */
    record Lock(FileChannel channel) implements AutoCloseable {
        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private Optional<Lock> tryLock(String name, boolean shared) {
        try {
            var channel = FileChannel.open(
                    path.resolve(name),
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(ownerOnlyFile()));
            FileLock lock = null;
            try {
                lock = channel.tryLock(0, Long.MAX_VALUE, shared);
            } catch (OverlappingFileLockException e) {
                lock = null; // another thread of this process has it
            } finally {
                if (lock == null) {
                    channel.close();
                }
            }
            return lock == null ? Optional.empty() : Optional.of(new Lock(channel));
        } catch (IOException e) {
            throw new CliFailure("the state directory %s cannot be locked: %s".formatted(path, describe(e)));
        }
    }

    private Path launchFile() {
        return path.resolve("launch.json");
    }

    private <T> Optional<T> read(Path file, Class<T> type) {
        if (!Files.isDirectory(path)) {
            return Optional.empty();
        }
        try {
            return Optional.of(Json.MAPPER.readValue(Files.readAllBytes(file), type));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (JacksonException e) {
            // Its message would quote the file, and that holds tokens.
            throw new CliFailure(
                    "%s is damaged: stop the services it names by their pids, remove it, then run 'slipway up'"
                            .formatted(file));
        } catch (IOException e) {
            throw new CliFailure("%s cannot be read: %s".formatted(file, describe(e)));
        }
    }

    /** Replaces the file at once: a reader sees the old content or the new. */
    private static void write(Path file, String content) {
        var fresh = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.deleteIfExists(fresh);
            Files.createFile(fresh, PosixFilePermissions.asFileAttribute(ownerOnlyFile()));
            Files.writeString(fresh, content);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            throw new CliFailure(
                    "%s cannot be replaced: the file system cannot rename within a directory".formatted(file));
        } catch (IOException e) {
            throw new CliFailure("%s cannot be written: %s".formatted(file, describe(e)));
        }
    }

    private static String json(Object value) {
        try {
            return Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n";
        } catch (JacksonException e) {
            throw new IllegalStateException("a record of our own cannot be written as JSON", e);
        }
    }

    private static String describe(IOException e) {
        @Nullable String message = e.getMessage();
        return e.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }

    private static Set<PosixFilePermission> ownerOnlyFile() {
        return PosixFilePermissions.fromString("rw-------");
    }

    private static Set<PosixFilePermission> ownerOnlyDirectory() {
        return PosixFilePermissions.fromString("rwx------");
    }
}
