package dev.slipway.executor.direct;

import dev.slipway.executor.core.PreflightFailure;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What runs need of this host. */
final class Host implements Closeable {
    static final String SHELL = "/bin/sh";
    private static final String KEEPER = "keeper.sh";
    private static final String SYSTEM_PATH = "/usr/bin:/bin:/usr/sbin:/sbin";

    private final String executor;
    private final DirectConfig config;
    private @Nullable FileLock lock;

    Host(String executor, DirectConfig config) {
        this.executor = executor;
        this.config = config;
    }

    /**
     * Makes what is missing and checks the rest; first what looking after earlier runs needs.
     *
     * @return remarks for the operator
     */
    synchronized List<String> prepare() throws PreflightFailure {
        if (!Files.isReadable(Path.of("/proc/self/stat"))) {
            throw new PreflightFailure("/proc is not readable: the direct backend needs Linux with /proc mounted");
        }
        if (!Files.isExecutable(Path.of(SHELL)) || find("setsid").isEmpty()) {
            throw new PreflightFailure("the direct backend needs /bin/sh and setsid: install util-linux");
        }
        try {
            Directories.create(config.evidenceRoot());
            takeLock();
            installKeeper();
        } catch (IOException e) {
            throw new PreflightFailure(
                    "%s cannot be created or written (%s): let the executor's user write there, free its disk, or set SLIPWAY_STATE_DIR to another directory"
                            .formatted(config.evidenceRoot(), e));
        }
        if (config.targetDir()
                .filter(directory -> !Files.isDirectory(directory))
                .isPresent()) {
            throw new PreflightFailure("backend.direct.target_dir %s does not exist: create it"
                    .formatted(config.targetDir().get()));
        }
        if (config.targetDir().isEmpty()) {
            prepareWorkspaceRoot(config.workspaceRoot());
        }
        checkExpressible("setup_command", config.commands().setup());
        checkExpressible("teardown_command", config.commands().teardown());
        return Stream.concat(agentRemark().stream(), environmentRemark().stream())
                .toList();
    }

    /** Whether no other process runs under this executor's id. */
    synchronized boolean isOurs() {
        return lock != null;
    }

    String setsid() {
        return find("setsid").orElseThrow(() -> new IllegalStateException("the preflight has not passed"));
    }

    String keeperScript() {
        return config.evidenceRoot().resolve(KEEPER).toString();
    }

    /** The shell that hands all of these variables on; absent if it is not installed. */
    Optional<String> shellFor(Set<String> names) {
        return names.stream().allMatch(ShellText::isName) ? Optional.of(SHELL) : find("bash");
    }

    @Override
    public synchronized void close() throws IOException {
        if (lock != null) {
            lock.acquiredBy().close();
            lock = null;
        }
    }

    private static void prepareWorkspaceRoot(Path root) throws PreflightFailure {
        try {
            Directories.create(root);
        } catch (IOException e) {
            throw workspaceRootUnusable(root, e.toString());
        }
        if (!Files.isWritable(root) || !Files.isExecutable(root)) {
            throw workspaceRootUnusable(root, "no right to write there");
        }
    }

    private static PreflightFailure workspaceRootUnusable(Path root, String cause) {
        return new PreflightFailure(
                "backend.direct.workspace_root %s cannot be created or written (%s): let the executor's user write there, or set it to another directory"
                        .formatted(root, cause));
    }

    private List<String> agentRemark() throws PreflightFailure {
        String path = config.searchPath().orElse(SYSTEM_PATH);
        String name = config.ozPath().orElse("oz");
        if (Invocation.resolve(name, path, config.workspaceRoot()).isPresent()) {
            return List.of();
        }
        if (config.ozPath().isPresent()) {
            throw new PreflightFailure("backend.direct.oz_path '%s' is no executable file: correct it".formatted(name));
        }
        return List.of("no 'oz' on PATH: the control plane's tasks will fail here until it is installed or"
                + " backend.direct.oz_path is set; commands run");
    }

    private static void checkExpressible(String setting, Optional<String> command) throws PreflightFailure {
        if (command.filter(text -> !NativeText.isExpressible(text)).isPresent()) {
            throw new PreflightFailure("backend.direct.%s %s".formatted(setting, NativeText.INEXPRESSIBLE));
        }
    }

    private List<String> environmentRemark() {
        Set<String> unreadable = TaskEnvironment.unreadable(config.host());
        return unreadable.isEmpty()
                ? List.of()
                : List.of(
                        "no task, setup or teardown command is shown these variables of the executor's environment, which hold bytes that its locale does not have: %s; start the executor with LC_ALL=C.UTF-8"
                                .formatted(String.join(", ", unreadable)));
    }

    /**
     * Replaced as a whole: shells that are running read on from the old file. Not touched if it is the same, so that an
     * executor can be replaced while the disk is full.
     */
    private void installKeeper() throws IOException {
        Records records = new Records(config.evidenceRoot());
        try (InputStream script = Host.class.getResourceAsStream(KEEPER)) {
            if (script == null) {
                throw new IOException(KEEPER + " is missing in the executor's jar");
            }
            String text = new String(script.readAllBytes(), StandardCharsets.UTF_8);
            if (!records.text(KEEPER).equals(Optional.of(text))) {
                records.publish(KEEPER, text);
            }
        }
    }

    /** Two processes with one executor id would take each other's starting runs for abandoned ones. */
    private void takeLock() throws PreflightFailure {
        if (lock != null) {
            return;
        }
        Path file = config.evidenceRoot().resolve(SafeName.encode(executor) + ".lock");
        try {
            FileChannel channel = FileChannel.open(
                    file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), Directories.OWNER_ONLY_FILE);
            FileLock taken = tryLock(channel);
            if (taken == null) {
                channel.close();
                throw new PreflightFailure("another process already runs as executor '%s' on this host: stop it first"
                        .formatted(executor));
            }
            lock = taken;
        } catch (IOException e) {
            throw new PreflightFailure("%s cannot be locked: %s".formatted(file, e));
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static Optional<String> find(String program) {
        return List.of(SYSTEM_PATH.split(":", -1)).stream()
                .map(directory -> Path.of(directory, program))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst();
    }
}
