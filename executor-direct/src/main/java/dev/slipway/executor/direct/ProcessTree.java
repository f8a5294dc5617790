package dev.slipway.executor.direct;

import dev.slipway.executor.core.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * All processes of one run: those of its keeper's session, those whose environment carries its mark, those that were seen to
 * belong, and the descendants of all these. A process that leaves the session, clears its environment and loses its parent
 * before it was seen once is not found.
 */
final class ProcessTree {
    /** The variable whose value marks the processes of a run. */
    static final String MARK = "SLIPWAY_EXECUTION";

    private static final Logger LOG = Logger.getLogger(ProcessTree.class);

    /** Looking reads all of /proc. */
    private static final Duration WATCH_INTERVAL = Duration.ofMillis(500);

    private static final Duration KEEPER_GRACE = Duration.ofSeconds(2);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(200);

    private final Kept kept;
    private Set<Proc.Identity> seen;
    private boolean recorded = true;
    private Deadline pause = Deadline.in(Duration.ZERO);

    ProcessTree(Kept kept) throws IOException {
        this.kept = kept;
        this.seen = kept.seen();
    }

    /** Remembers the run's processes, so that they are found when nothing else tells whose they are. */
    synchronized void watch() throws IOException {
        if (!pause.isOver() || !kept.isOfThisBoot()) {
            return;
        }
        remember(members(Proc.all(), Set.of()));
        pause = Deadline.in(WATCH_INTERVAL);
    }

    /**
     * Signals all processes of the run, politely until {@code grace} is over and firmly after that, until none is left. The
     * keeper goes last: it still has to record how the agent ended.
     *
     * @return whether none is left; false {@code patience} after the grace
     */
    boolean end(Duration grace, Duration patience) throws IOException {
        Set<Proc.Identity> asked = new HashSet<>();
        Deadline politeness = Deadline.in(grace);
        Deadline limit = Deadline.in(grace.plus(patience));
        Duration pause = FIRST_PAUSE;
        while (true) {
            Set<Proc.Identity> left = find();
            if (left.isEmpty()) {
                return true;
            }
            if (limit.isOver()) {
                return false;
            }
            Set<Proc.Identity> others = new HashSet<>(left);
            kept.keeper().ifPresent(others::remove);
            if (!politeness.isOver()) {
                others.stream().filter(asked::add).forEach(process -> signal(process, false));
            } else if (!others.isEmpty()) {
                others.forEach(process -> signal(process, true));
            } else if (politeness.elapsed().compareTo(grace.plus(KEEPER_GRACE)) > 0) {
                left.forEach(process -> signal(process, true));
            }
            limit.pause(pause);
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
    }

    /** Everything of the run that is alive, its keeper included. */
    private synchronized Set<Proc.Identity> find() throws IOException {
        if (!kept.isOfThisBoot()) {
            return Set.of();
        }
        List<Proc.Entry> all = Proc.all();
        Set<Proc.Identity> marked = all.stream()
                .map(Proc.Entry::identity)
                .filter(identity -> Proc.hasInEnvironment(identity.pid(), kept.mark()))
                .collect(Collectors.toSet());
        remember(members(all, marked));
        return Set.copyOf(seen);
    }

    private Set<Proc.Entry> members(List<Proc.Entry> all, Set<Proc.Identity> marked) throws IOException {
        return Membership.members(
                all, kept.keeper(), marked, seen, ProcessHandle.current().pid());
    }

    private void remember(Set<Proc.Entry> members) {
        Set<Proc.Identity> now = members.stream().map(Proc.Entry::identity).collect(Collectors.toSet());
        if (now.equals(seen)) {
            return;
        }
        seen = now;
        try {
            kept.recordSeen(now);
            recorded = true;
        } catch (IOException e) {
            if (recorded) {
                LOG.warnf("a run's processes are remembered only while this executor runs; is the disk full? (%s)", e);
            }
            recorded = false;
        }
    }

    private static void signal(Proc.Identity identity, boolean firmly) {
        ProcessHandle.of(identity.pid())
                .filter(handle -> Proc.isAlive(identity))
                .ifPresent(handle -> {
                    if (firmly) {
                        handle.destroyForcibly();
                    } else {
                        handle.destroy();
                    }
                });
    }
}
