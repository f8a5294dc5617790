package dev.slipway.executor.direct;

import dev.slipway.executor.core.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The command that runs once nothing else of a run is left, under a keeper of its own: like the run itself it outlives the
 * executor, and the next process waits for its end. It is started once; how it ends changes nothing but the log.
 */
final class Teardown {
    private static final Logger LOG = Logger.getLogger(Teardown.class);

    /** After this it is ended: it holds the run's slot. A new process of the executor grants it anew. */
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private static final Duration GRACE = Duration.ofSeconds(5);
    private static final Duration KILL_PATIENCE = Duration.ofSeconds(10);

    private final Evidence evidence;
    private final Kept kept;
    private final ProcessTree tree;
    private final Duration limit;
    private @Nullable Deadline deadline;
    private @Nullable Process keeper;

    Teardown(Evidence evidence) throws IOException {
        this(evidence, LIMIT);
    }

    Teardown(Evidence evidence, Duration limit) throws IOException {
        this.evidence = evidence;
        this.kept = evidence.teardown();
        this.tree = new ProcessTree(kept);
        this.limit = limit;
    }

    /** Whether any of its processes may be alive, which then are no leftovers of the run. */
    boolean hasBegun() throws IOException {
        return keeper != null || kept.keeper().isPresent();
    }

    /**
     * Starts it if it has not begun.
     *
     * @return whether it is over
     */
    boolean proceed(Keepers keepers, Host host, TaskEnvironment environment, String command) throws IOException {
        if (kept.isOfEarlierBoot()) {
            LOG.warn("the host was restarted while the teardown command ran: it is not run again");
            return true;
        }
        if (!kept.isClaimed() && !kept.isKeeperAlive()) {
            Process started = keeper;
            if (started != null && !started.isAlive() && !kept.isClaimed()) {
                LOG.warnf("the shell for the teardown command ended before it began (code %d)", started.exitValue());
                return true;
            }
            return started == null && !start(keepers, host, environment, command);
        }
        if (kept.exitCode().isEmpty() && kept.isKeeperAlive() && !isOverdue()) {
            tree.watch();
            return false;
        }
        if (!tree.end(GRACE, KILL_PATIENCE)) {
            return false;
        }
        tell(kept.exitCode());
        return true;
    }

    /** Counted from when this process first saw it run. */
    private boolean isOverdue() {
        if (deadline == null) {
            deadline = Deadline.in(limit);
        }
        return deadline.isOver();
    }

    /** @return whether it could be started */
    private boolean start(Keepers keepers, Host host, TaskEnvironment environment, String command) throws IOException {
        Site site = evidence.meta().site().orElseThrow();
        var env = environment.teardown();
        kept.begin(Proc.bootId());
        try {
            keeper = keepers.start(
                    host.shellFor(env.keySet()).orElse(Host.SHELL),
                    kept,
                    evidence.output(),
                    new Invocation(List.of(Host.SHELL, "-c", command), env, site.directory()));
            return true;
        } catch (IOException e) {
            LOG.warnf("the teardown command could not be started in %s: %s", site.directory(), e.getMessage());
            return false;
        }
    }

    private void tell(OptionalInt code) {
        if (deadline != null && deadline.isOver() && code.isEmpty()) {
            LOG.warnf("the teardown command did not end within %d s and was ended", limit.toSeconds());
        } else if (code.isEmpty()) {
            LOG.warn("the shell for the teardown command was killed");
        } else if (code.getAsInt() != 0) {
            LOG.warnf(
                    "the teardown command (backend.direct.teardown_command) failed with code %d; its output is the task's",
                    code.getAsInt());
        }
    }
}
