package dev.slipway.executor.direct;

import dev.slipway.executor.core.Deadline;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.jboss.logging.Logger;

/** What is done once a run is over: what it left running is ended, it is torn down, its workspace is removed. */
final class Settlement {
    private static final Logger LOG = Logger.getLogger(Settlement.class);

    /** How long processes that a program left behind have to end politely. */
    private static final Duration LEFTOVER_GRACE = Duration.ofSeconds(2);

    /** How long to go on after the firm signal before the caller has to ask again. */
    static final Duration KILL_PATIENCE = Duration.ofSeconds(10);

    private final DirectConfig config;
    private final Host host;
    private final Keepers keepers;

    Settlement(DirectConfig config, Host host, Keepers keepers) {
        this.config = config;
        this.host = host;
        this.keepers = keepers;
    }

    /**
     * Done once: later, the workspace may be another run's.
     *
     * @return whether it is done; if not, the caller asks again
     */
    boolean settle(Evidence evidence, RunHandle handle, Deadline deadline) throws IOException {
        if (evidence.isSettled()) {
            return true;
        }
        if (!handle.tryEnding(deadline.left())) {
            return false;
        }
        try {
            if (evidence.isSettled()) {
                return true;
            }
            if (handle.endUnseen(evidence)) {
                return false;
            }
            if (!isTearingDown(evidence, handle) && !handle.tree(evidence).end(LEFTOVER_GRACE, KILL_PATIENCE)) {
                return false;
            }
            if (isTeardownDue(evidence) && !tearDown(evidence, handle)) {
                return false;
            }
            evidence.meta().site().filter(Site::removed).ifPresent(site -> remove(site.directory()));
            evidence.settle();
            return true;
        } finally {
            handle.ending.unlock();
        }
    }

    /** Whether the teardown command runs, whose processes are no leftovers of the run. */
    boolean isTearingDown(Evidence evidence, RunHandle handle) throws IOException {
        return isTeardownDue(evidence) && handle.teardown(evidence).hasBegun();
    }

    private boolean tearDown(Evidence evidence, RunHandle handle) throws IOException {
        Site site = evidence.meta().site().orElseThrow();
        String command = evidence.meta().teardown().orElseThrow();
        handle.output(evidence).trim();
        return handle.teardown(evidence)
                .proceed(
                        keepers,
                        host,
                        new TaskEnvironment(config, site, evidence.meta().mark()),
                        command);
    }

    /** After success, failure, failed setup and cancellation; if no command of the task ran there is nothing to tear down. */
    private static boolean isTeardownDue(Evidence evidence) throws IOException {
        return evidence.meta().teardown().isPresent() && evidence.hasBegun();
    }

    private static void remove(Path workspace) {
        try {
            Directories.delete(workspace);
        } catch (IOException e) {
            LOG.warnf("the workspace %s could not be removed, remove it by hand: %s", workspace, e);
        }
    }
}
